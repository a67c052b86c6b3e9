import { type Address, addressFromCompact } from '../core/address.ts'
import { copyBytes, writeUint16 } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import { sharedId } from '../core/shared-ids.ts'
import { Stock } from '../core/stock.ts'

/** A node as a reply names it. */
export interface NodeInfo {
  readonly id: Id
  readonly address: Address
}

/** One object per process for each node, never to be written to. */
export interface SharedNode extends NodeInfo {
  /** Both in compact form, 26 or 38 bytes: to name a node to others touches nothing else of it. */
  readonly compact: Uint8Array
}

const PLACES = 16_384
const ADDRESS_LENGTHS = { 4: 4, 6: 16 } as const
const LENGTHS = { 4: 26, 6: 38 } as const
const STOCKS = {
  4: new Stock<SharedNode>(LENGTHS[4], PLACES),
  6: new Stock<SharedNode>(LENGTHS[6], PLACES),
} as const
/** Where compact forms are put together. */
const FORMS = { 4: new Uint8Array(LENGTHS[4]), 6: new Uint8Array(LENGTHS[6]) } as const

/** The node whose compact form (BEP 5, BEP 32) is in `bytes` at `at`. An IPv4-mapped address becomes IPv4. */
export function readNode(bytes: Uint8Array, at: number, family: 4 | 6): SharedNode {
  const nodes = STOCKS[family]
  let node = nodes.find(bytes, at)
  if (node === undefined) {
    const id = sharedId(bytes, at)
    const address = addressFromCompact(bytes, at + ID_LENGTH, family)
    if (address.family !== family) return sharedNode(id, address)
    node = { id, address, compact: copyBytes(bytes, at, at + LENGTHS[family]) }
    nodes.add(bytes, at, node)
  }
  return node
}

/** The shared form of a node that is known by its parts. */
export function sharedNode(id: Id, address: Address): SharedNode {
  const { family } = address
  const form = FORMS[family]
  form.set(id)
  form.set(address.bytes, ID_LENGTH)
  writeUint16(form, ID_LENGTH + ADDRESS_LENGTHS[family], address.port)
  return readNode(form, 0, family)
}
