import type { Item } from './item.ts'
import { HIGHEST_SEQ, KEY_LENGTH, SIGNATURE_LENGTH } from './item.ts'
import type { KrpcCursor } from './krpc-cursor.ts'

/** The fields of an item (BEP 44) in the arguments of a query or in a response, each as sent. */
export interface ItemFields {
  /** Bencoded, its bytes as they came. */
  readonly value: Uint8Array | undefined
  readonly publicKey: Uint8Array | undefined
  readonly signature: Uint8Array | undefined
  readonly salt: Uint8Array | undefined
  readonly seq: bigint | undefined
  readonly cas: bigint | undefined
  /** One of them has another type, length or range than it must have; it is `undefined` then. */
  readonly isFaulty: boolean
}

const LONGEST = 4_096

/** Collects the fields of an item from a dictionary that a cursor walks through. */
export class ItemReader {
  #fields: { -readonly [K in keyof ItemFields]: ItemFields[K] } | undefined

  /** Forgets the dictionary before. */
  reset(): void {
    this.#fields = undefined
  }

  /** What there was of an item; `undefined`: nothing at all. */
  get fields(): ItemFields | undefined {
    return this.#fields
  }

  /** Whether the key just passed belongs to an item; its value is passed too, then. */
  pass(cursor: KrpcCursor): boolean {
    if (cursor.is('v')) this.#take('value', cursor.passSpan())
    else if (cursor.is('k')) this.#take('publicKey', this.#exactly(cursor, KEY_LENGTH))
    else if (cursor.is('sig')) this.#take('signature', this.#exactly(cursor, SIGNATURE_LENGTH))
    else if (cursor.is('salt')) this.#take('salt', cursor.passCopy(LONGEST))
    else if (cursor.is('seq')) this.#take('seq', cursor.passInteger(HIGHEST_SEQ))
    else if (cursor.is('cas')) this.#take('cas', cursor.passInteger(HIGHEST_SEQ))
    else return false
    return true
  }

  #exactly(cursor: KrpcCursor, length: number): Uint8Array | undefined {
    const copy = cursor.passCopy(length)
    return copy?.length === length ? copy : undefined
  }

  #take<K extends Exclude<keyof ItemFields, 'isFaulty'>>(key: K, value: ItemFields[K]): void {
    this.#fields ??= {
      value: undefined,
      publicKey: undefined,
      signature: undefined,
      salt: undefined,
      seq: undefined,
      cas: undefined,
      isFaulty: false,
    }
    this.#fields[key] = value
    if (value === undefined) this.#fields.isFaulty = true
  }
}

/** The item that a response holds, nothing of it verified; `undefined`: none, or parts of one. */
export function itemOf(fields: ItemFields, salt: Uint8Array): Item | undefined {
  const { value, publicKey, signature, seq, isFaulty } = fields
  if (value === undefined || isFaulty) return undefined
  if (publicKey === undefined) return { value }
  if (signature === undefined || seq === undefined || seq < 0n) return undefined
  return { value, signed: { publicKey, salt, seq, signature } }
}
