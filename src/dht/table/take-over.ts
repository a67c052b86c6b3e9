import { subnetNumber } from '../../core/address.ts'
import { equalBytes, readUint32 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import type { Micros } from '../../core/time.ts'
import type { Handover } from '../dht-init.ts'
import type { RoutingTable } from './routing-table.ts'

/** Beyond all numbers of subnets. */
const HEADS = 2 ** 32

/** Puts the contacts of a handover, those of the node's own family, into its empty table. */
export function takeOver(
  now: Micros,
  { contacts, ages, roundTrips }: Handover,
  table: RoutingTable,
  ownId: Id,
  family: 4 | 6,
): void {
  // Whether a contact collides with another is seen at a glance: to ask the table costs eight times as much.
  const taken = new Set<number>()
  contacts.forEach((contact, i) => {
    const { id, address } = contact
    if (address.family !== family || !address.usable || equalBytes(id, ownId)) return
    const count = taken.size
    taken.add(subnetNumber(address)).add(readUint32(id, 0) + HEADS)
    table.adopt(now, contact, now - ages[i]!, roundTrips?.[i] ?? 0, taken.size === count + 2)
  })
}
