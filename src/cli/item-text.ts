/** Items of the DHT as people and scripts read them. */
import type { BencodeValue, FoundItem } from '../index.ts'
import { clean, toHex } from './text.ts'

type Json = string | number | readonly Json[] | { readonly [key: string]: Json }

/** The fields of an `item` line. Bytes that are no text become `{"hex": …}`; a version beyond 2^53 is written as text. */
export interface ItemFields {
  readonly target: string
  /** Absent when it holds a number beyond 2^53. */
  readonly value?: Json
  /** Bencoded, in hex. */
  readonly bytes: string
  readonly publicKey?: string
  readonly salt?: Json
  readonly seq?: number | string
  readonly signature?: string
  readonly infoHash?: string
}

export function itemFields(item: FoundItem): ItemFields {
  const { target, value, bytes, publicKey, salt, seq, signature, infoHash } = item
  return {
    target,
    ...(value === undefined ? {} : { value: plain(value) }),
    bytes: toHex(bytes),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(salt === undefined || salt.length === 0 ? {} : { salt: textOf(salt) }),
    ...(seq === undefined ? {} : { seq: exact(seq) }),
    ...(signature === undefined ? {} : { signature }),
    ...(infoHash === undefined ? {} : { infoHash }),
  }
}

/** A version as a number, as text where a number of JSON would be rounded by those who read it. */
export function exact(seq: bigint): number | string {
  const number = Number(seq)
  return Number.isSafeInteger(number) ? number : String(seq)
}

/** The value in one line: a text as it is, anything else as JSON. */
export function itemText({ value, bytes }: FoundItem): string {
  if (value === undefined) return clean(Buffer.from(bytes).toString('latin1'))
  const shown = plain(value)
  return clean(typeof shown === 'string' ? shown : JSON.stringify(shown))
}

function plain(value: BencodeValue): Json {
  if (typeof value === 'number') return value
  if (value instanceof Uint8Array) return textOf(value)
  if (Array.isArray(value)) return value.map(plain)
  const entries = [...value].map(([key, item]): [string, Json] => [key, plain(item)])
  return Object.fromEntries(entries)
}

function textOf(bytes: Uint8Array): Json {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { hex: toHex(bytes) }
  }
}
