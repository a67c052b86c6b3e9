import type { Item } from '../../src/codec/item.ts'
import { signedBytes, targetOf } from '../../src/codec/item.ts'
import { writeQuery } from '../../src/codec/krpc-writer.ts'
import { concatBytes, EMPTY, latin1 } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { ASKER_ID } from './lone-node.ts'

/** The bytes 0 to 31. */
export const SEED: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i)
export const HELLO: Uint8Array = latin1('12:Hello World!')

/** `value` (bencoded) signed by the key of `seed`. */
export function signedItem(seq: bigint, value = HELLO, salt: Uint8Array = EMPTY, seed = SEED): Item {
  const publicKey = nodeCrypto.publicKey(seed)
  const signature = nodeCrypto.sign(seed, signedBytes(salt, seq, value))
  return { value, signed: { publicKey, salt, seq, signature } }
}

export function itemTarget(item: Item): Id {
  return targetOf(nodeCrypto.sha1, item)
}

/** The bytes of a `put`, as `ASKER_ID` sends it. */
export function putQuery(item: Item, token: Uint8Array, cas?: bigint): Uint8Array {
  return query({ method: 'put', item, token, cas })
}

/** The bytes of a `get`, as `ASKER_ID` sends it. */
export function getQuery(target: Id, seq?: bigint): Uint8Array {
  return query({ method: 'get', target, seq })
}

function query(
  parts: Pick<Parameters<typeof writeQuery>[1], 'method' | 'item' | 'token' | 'cas' | 'target' | 'seq'>,
): Uint8Array {
  const into = new Uint8Array(4096)
  const common = { transaction: latin1('aa'), id: ASKER_ID, readOnly: false, version: latin1('test') }
  return into.slice(0, writeQuery(into, { ...common, ...parts }))
}

/** A string of `length` letters, bencoded. */
export function letters(length: number): Uint8Array {
  return concatBytes([latin1(`${length}:`), new Uint8Array(length).fill(0x61)])
}
