/** The items that a session keeps in the DHT, as bytes of a file: a bencoded dictionary of `items` and `version`. */
import { type BencodeLimits, type BencodeValue, decode, encode } from '../codec/bencode.ts'
import {
  HIGHEST_SEQ,
  type Item,
  KEY_LENGTH,
  LONGEST_SALT,
  LONGEST_VALUE,
  SIGNATURE_LENGTH,
} from '../codec/item.ts'
import { EMPTY, latin1, toLatin1 } from '../core/bytes.ts'

const VERSION = 1
const LIMITS: BencodeLimits = { depth: 4, tokens: 200_000, length: 1 << 26 }

export function encodeSavedItems(items: readonly Item[]): Uint8Array {
  return encode({
    items: items.map(({ value, signed }) => {
      if (signed === undefined) return { v: value }
      const { publicKey, salt, seq, signature } = signed
      // As text: it may be beyond 2^53.
      return { k: publicKey, s: salt, seq: latin1(`${seq}`), sig: signature, v: value }
    }),
    version: VERSION,
  })
}

/** What `encodeSavedItems` wrote, what is malformed left out; `undefined` when all of it is, or it is of another version. */
export function decodeSavedItems(bytes: Uint8Array): Item[] | undefined {
  const value = decode(bytes, LIMITS)
  if (!(value instanceof Map) || value.get('version') !== VERSION) return undefined
  const items = value.get('items')
  return Array.isArray(items) ? items.flatMap((item) => itemOf(item) ?? []) : undefined
}

function itemOf(saved: BencodeValue): Item | undefined {
  if (!(saved instanceof Map)) return undefined
  const value = bytesOf(saved.get('v'), 1, LONGEST_VALUE)
  if (value === undefined) return undefined
  if (!saved.has('k')) return { value }
  const publicKey = bytesOf(saved.get('k'), KEY_LENGTH, KEY_LENGTH)
  const signature = bytesOf(saved.get('sig'), SIGNATURE_LENGTH, SIGNATURE_LENGTH)
  const salt = bytesOf(saved.get('s') ?? EMPTY, 0, LONGEST_SALT)
  const digits = toLatin1(bytesOf(saved.get('seq'), 1, 19) ?? EMPTY)
  const seq = /^\d+$/.test(digits) ? BigInt(digits) : undefined
  if (publicKey === undefined || signature === undefined || salt === undefined) return undefined
  return seq === undefined || seq > HIGHEST_SEQ
    ? undefined
    : { value, signed: { publicKey, salt, seq, signature } }
}

function bytesOf(value: BencodeValue | undefined, least: number, most: number): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length >= least && value.length <= most ? value : undefined
}
