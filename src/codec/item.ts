/** Items of the DHT (BEP 44): what is kept, under which target, and which bytes of it are signed. */
import { concatBytes, EMPTY, latin1 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'

/** What makes an item mutable: its key may write another value, under a higher `seq`, to the same target. */
export interface Signed {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** At most 64 bytes; empty: none. */
  readonly salt: Uint8Array
  /** 0 to 2^63 - 1. */
  readonly seq: bigint
  /** 64 bytes. */
  readonly signature: Uint8Array
}

export interface Item {
  /** One bencoded value, at most 1000 bytes, as it was put. */
  readonly value: Uint8Array
  /** Absent: immutable, the hash of the value is its target. */
  readonly signed?: Signed
}

/** The text says both "less than" and "at most": so much is taken. */
export const LONGEST_VALUE = 1000
export const LONGEST_SALT = 64
export const KEY_LENGTH = 32
export const SIGNATURE_LENGTH = 64
export const HIGHEST_SEQ: bigint = 2n ** 63n - 1n

/** Whether `item` is a later version than `other`, both being of one target. */
export function isNewer(item: Item, other: Item): boolean {
  return (item.signed?.seq ?? 0n) > (other.signed?.seq ?? 0n)
}

type Sha1 = (bytes: Uint8Array) => Uint8Array

/** Where the items of a key lie. */
export function mutableTarget(sha1: Sha1, publicKey: Uint8Array, salt: Uint8Array): Id {
  return sha1(salt.length === 0 ? publicKey : concatBytes([publicKey, salt]))
}

export function targetOf(sha1: Sha1, { value, signed }: Item): Id {
  return signed === undefined ? sha1(value) : mutableTarget(sha1, signed.publicKey, signed.salt)
}

/** What the signature is of. */
export function signedBytes(salt: Uint8Array, seq: bigint, value: Uint8Array): Uint8Array {
  const salted = salt.length === 0 ? EMPTY : concatBytes([latin1(`4:salt${salt.length}:`), salt])
  return concatBytes([salted, latin1(`3:seqi${seq}e1:v`), value])
}
