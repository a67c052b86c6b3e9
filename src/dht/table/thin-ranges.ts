import { copyBytes } from '../../core/bytes.ts'
import { commonPrefix, type Id } from '../../core/id.ts'
import type { BucketRange } from './bucket-times.ts'
import type { RoutingTable } from './routing-table.ts'

/**
 * The ranges of ids that share 0, 1, 2, … bits with ours, up to our `wanted` nearest contacts, which hold fewer contacts than
 * that. Not buckets: a wide one may be full of near contacts and know nobody in the rest of its range.
 */
export function thinRanges(table: RoutingTable, ownId: Id, wanted: number): BucketRange[] {
  const farthest = table.nearest(ownId, wanted)[wanted - 1]
  if (farthest === undefined) return []
  const counts = new Array<number>(commonPrefix(ownId, farthest.id)).fill(0)
  for (const { id } of table.contacts()) {
    const shared = commonPrefix(ownId, id)
    if (shared < counts.length) counts[shared]! += 1
  }
  const ranges: BucketRange[] = []
  for (let shared = 0; shared < counts.length; shared++) {
    if (counts[shared]! >= wanted) continue
    const prefix = copyBytes(ownId)
    prefix[shared >> 3]! ^= 0x80 >> (shared & 7)
    ranges.push({ prefix, bits: shared + 1 })
  }
  return ranges
}
