import bencode from 'bencode'
import { concatBytes, fromHex, latin1, toHex, toLatin1 } from '../core/bytes.ts'
import { type LodestoneError, usageError } from '../core/errors.ts'
import { printable } from '../core/utf8.ts'
import { BencodeCursor, type BencodeLimits, TOKEN } from './bencode-cursor.ts'

export type { BencodeLimits } from './bencode-cursor.ts'

/** Keys hold one character per byte (Latin-1), so that no key is lost or merged, whatever its bytes. */
export type BencodeDict = ReadonlyMap<string, BencodeValue>
export type BencodeValue = Uint8Array | number | BencodeValue[] | BencodeDict

/** Strings are written as UTF-8; keys of a plain object are ASCII, those of a `Map` Latin-1; `undefined` fields are left out. */
export type EncodableValue =
  | Uint8Array
  | string
  | number
  | readonly EncodableValue[]
  | ReadonlyMap<string, EncodableValue>
  | { readonly [key: string]: EncodableValue | undefined }

/** The one value that `bytes` are; `undefined` when they are not one, or hold an integer beyond 2^53. */
export function decode(bytes: Uint8Array, limits: BencodeLimits): BencodeValue | undefined {
  const found = decodePrefix(bytes, 0, limits)
  return found !== undefined && found.end === bytes.length ? found.value : undefined
}

/** The value at `start` and the offset past it; `undefined` as in `decode`. */
export function decodePrefix(
  bytes: Uint8Array,
  start: number,
  limits: BencodeLimits,
): { readonly value: BencodeValue; readonly end: number } | undefined {
  const cursor = new BencodeCursor(bytes, start, limits)
  if (!cursor.skip() || cursor.inexact) return undefined
  const end = cursor.at
  const odd = cursor.oddKeys
  const accepted = odd ? escapeKeys(bytes, start, end, limits) : bytes.subarray(start, end)
  return { value: fromPackage(bencode.decode(accepted), odd), end }
}

/** Canonical bytes of `value`: keys in raw byte order. Throws a usage error for a number that is no safe integer. */
export function encode(value: EncodableValue): Uint8Array {
  return bencode.encode(toPackage(value))
}

/**
 * A copy of an accepted value with every key in hexadecimal: the package drops `__proto__`, and merges keys that are not
 * UTF-8 with others.
 */
function escapeKeys(bytes: Uint8Array, start: number, end: number, limits: BencodeLimits): Uint8Array {
  const parts: Uint8Array[] = []
  let copied = start
  const cursor = new BencodeCursor(bytes, start, limits)
  while (cursor.at < end) {
    const before = cursor.at
    if (cursor.step() !== TOKEN.key) continue
    const hex = toHex(bytes.subarray(cursor.start, cursor.end))
    parts.push(bytes.subarray(copied, before), latin1(`${hex.length}:${hex}`))
    copied = cursor.at
  }
  parts.push(bytes.subarray(copied, end))
  return concatBytes(parts)
}

/** The package's plain objects become maps: nothing a remote names can then reach a prototype. */
function fromPackage(raw: unknown, hexKeys: boolean): BencodeValue {
  // Adding 0 turns the package's -0 (from a lenient `i-0e`) into 0.
  if (typeof raw === 'number') return raw + 0
  if (raw instanceof Uint8Array) return raw
  if (Array.isArray(raw)) return raw.map((item) => fromPackage(item, hexKeys))
  const dict = new Map<string, BencodeValue>()
  for (const [key, value] of Object.entries(raw as object)) {
    dict.set(hexKeys ? toLatin1(fromHex(key)!) : key, fromPackage(value, hexKeys))
  }
  return dict
}

/** A value that the package encodes canonically. Its recursion is as deep as the caller's own data. */
function toPackage(value: EncodableValue): unknown {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value
    throw usageError('bencode/not-an-integer', `Only whole numbers up to 2^53 can be bencoded, not ${value}.`)
  }
  if (Array.isArray(value)) return value.map(toPackage)
  if (!isDictionary(value)) throw unencodable()
  const entries = value instanceof Map ? value : Object.entries(value)
  const dict = new Map<unknown, unknown>()
  for (const [key, item] of entries) if (item !== undefined) dict.set(keyForPackage(key), toPackage(item))
  return dict
}

/** A `Map`, or a plain object: nothing else says what its entries are. */
function isDictionary(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return value instanceof Map || prototype === Object.prototype || prototype === null
}

function unencodable(): LodestoneError {
  return usageError(
    'bencode/type',
    'Only bytes, texts, whole numbers, lists and dictionaries can be bencoded.',
  )
}

/**
 * The package writes a text key as UTF-8 and a byte key as it is, and sorts both by their text; so a Latin-1 key goes in as
 * bytes that give their Latin-1 text, whose order is that of the raw bytes.
 */
function keyForPackage(key: string): unknown {
  // A key is one character per byte; what is beyond has no one form.
  if ([...key].some((character) => character.charCodeAt(0) > 0xff))
    throw usageError('bencode/key', `A key of a dictionary is made of bytes; "${printable(key, 40)}" is not.`)
  for (let i = 0; i < key.length; i++) {
    if (key.charCodeAt(i) > 0x7f) return Object.assign(latin1(key), { toString: (): string => key })
  }
  return key
}
