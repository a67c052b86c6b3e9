import type { NodeInfo } from '../../codec/compact.ts'
import { compareDistance, type Id } from '../../core/id.ts'

/** Whether a node of this id belongs to the `count` nearest to `target`, the others being `nearest`, nearest first. */
export function belongsTo(nearest: readonly NodeInfo[], count: number, target: Id, id: Id): boolean {
  const farthest = nearest[count - 1]
  return farthest === undefined || compareDistance(target, id, farthest.id) < 0
}
