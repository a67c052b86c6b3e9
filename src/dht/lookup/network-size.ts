import { equalBytes, readUint16, readUint32 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'

/** What there is to see around one place of the id space. */
interface Sample {
  readonly target: Id
  readonly size: number
}

/** Distances are compared by their first 48 bits: exact as numbers, and finer than any network is dense. */
const SPAN = 2 ** 48
/** Walks that are remembered; the oldest goes. */
const MOST_SAMPLES = 15
/** The nodes that a sample is taken from: as many as a walk makes sure of. */
const NEAREST = 8
/** The size of which half of all samples are larger, times the distance of the eighth: the median of a gamma distribution of 8. */
const MEDIAN_OF_EIGHTH = 7.67
/** How many nodes the network has, by how near the eighth nearest lies to places nobody chose (the same idea as in Kademlia, section 2.4). */
export class NetworkSize {
  readonly #samples: Sample[] = []

  /** A walk to `target` found these, nearest first. Of a target that was looked at before, only the latest counts. */
  learn(target: Id, nearest: readonly { readonly id: Id }[]): void {
    const size = sizeAround(target, nearest)
    if (size === undefined) return
    const before = this.#samples.findIndex((sample) => equalBytes(sample.target, target))
    if (before >= 0) this.#samples.splice(before, 1)
    else if (this.#samples.length >= MOST_SAMPLES) this.#samples.shift()
    this.#samples.push({ target, size })
  }

  /** The median of what walks and the neighbours of our own id (nearest first) say; `undefined` while there are fewer than eight. */
  estimate(ownId: Id, neighbours: readonly { readonly id: Id }[]): number | undefined {
    const sizes = this.#samples.map(({ size }) => size)
    const own = sizeAround(ownId, neighbours)
    if (own !== undefined) sizes.push(own)
    if (sizes.length === 0) return undefined
    sizes.sort((a, b) => a - b)
    const middle = sizes.length >> 1
    return sizes.length % 2 === 1 ? sizes[middle]! : (sizes[middle - 1]! + sizes[middle]!) / 2
  }
}

/**
 * How far the eighth of `nearest` (nearest first) lies from `target`, as a share of what is to be expected in a network of `size`, at
 * most 1: the denser, the less to be trusted. `undefined` while there are fewer than eight.
 */
export function confidenceOf(
  target: Id,
  nearest: readonly { readonly id: Id }[],
  size: number,
): number | undefined {
  const dense = sizeAround(target, nearest)
  return dense === undefined ? undefined : Math.min(1, size / dense)
}

/** The distance, as `distanceHead` has it, within which `count` of `size` nodes lie. */
export function radiusOf(count: number, size: number): number {
  return Math.min(SPAN, (SPAN / size) * count)
}

/** The first 48 bits of the distance between two ids. */
export function distanceHead(a: Id, b: Id): number {
  return ((readUint32(a, 0) ^ readUint32(b, 0)) >>> 0) * 0x1_0000 + (readUint16(a, 4) ^ readUint16(b, 4))
}

function sizeAround(target: Id, nearest: readonly { readonly id: Id }[]): number | undefined {
  const eighth = nearest[NEAREST - 1]
  if (eighth === undefined) return undefined
  return (MEDIAN_OF_EIGHTH * SPAN) / Math.max(1, distanceHead(target, eighth.id))
}
