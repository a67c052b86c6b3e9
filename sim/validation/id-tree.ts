import { ID_LENGTH, type Id } from '../../src/core/id.ts'

/** Larger subtrees are counted once: their nodes' coins are many, and they are asked for again and again. */
const REMEMBERED = 256

/** A subtree of the ids: those that share their first `depth` bits. They have the ranks from `low` on, `count` of them. */
export interface Subtree {
  readonly depth: number
  readonly low: number
  readonly count: number
}

/**
 * The ids of `size` nodes, uniform and independent, ordered and numbered by rank, without a list of them: how many of a
 * subtree's ids have the next bit set is as many coins as it has ids, thrown by a hash of seed and place. So each id, and who
 * lies where, is a pure function of (seed, rank), and costs memory for large subtrees alone.
 */
export class IdTree {
  readonly size: number
  readonly #seed: number
  /** Ids with a zero as their next bit, by place. */
  readonly #zeros = new Map<number, number>()

  constructor(seed: number, size: number) {
    this.#seed = seed
    this.size = size
  }

  get root(): Subtree {
    return { depth: 0, low: 0, count: this.size }
  }

  /** The two halves of a subtree, the one with a zero as next bit first. */
  halves({ depth, low, count }: Subtree): readonly [Subtree, Subtree] {
    const zeros = this.#zerosOf(depth, low, count)
    return [
      { depth: depth + 1, low, count: zeros },
      { depth: depth + 1, low: low + zeros, count: count - zeros },
    ]
  }

  idOf(rank: number): Id {
    const id = new Uint8Array(ID_LENGTH)
    let subtree = this.root
    while (subtree.count > 1) {
      const [zero, one] = this.halves(subtree)
      const isOne = rank >= one.low
      if (isOne) id[subtree.depth >> 3]! |= 0x80 >> (subtree.depth & 7)
      subtree = isOne ? one : zero
    }
    for (let bit = subtree.depth; bit < 8 * ID_LENGTH; bit++) {
      if ((this.#coins(bit, rank, 0) & 1) !== 0) id[bit >> 3]! |= 0x80 >> (bit & 7)
    }
    return id
  }

  /** The `count` ids nearest to `target`, in no order: those of the smallest subtree around it that holds so many, and of no other. */
  nearest(target: Id, count: number): readonly Id[] {
    const ids: Id[] = []
    let subtree = this.root
    const beside: Subtree[] = []
    while (subtree.count > count) {
      const [zero, one] = this.halves(subtree)
      const isOne = (target[subtree.depth >> 3]! & (0x80 >> (subtree.depth & 7))) !== 0
      beside.push(isOne ? zero : one)
      subtree = isOne ? one : zero
    }
    // What lies beside is farther the higher it branches off, and is taken in that order while there is room.
    for (let next: Subtree | undefined = subtree; next !== undefined; next = beside.pop()) {
      const room = count - ids.length
      if (next.count > room) return [...ids, ...this.#nearestWithin(next, target, room)]
      for (let i = 0; i < next.count; i++) ids.push(this.idOf(next.low + i))
    }
    return ids
  }

  #nearestWithin(subtree: Subtree, target: Id, room: number): readonly Id[] {
    const found: Id[] = []
    const visit = (place: Subtree): void => {
      if (place.count === 0 || found.length >= room) return
      if (place.count === 1) {
        found.push(this.idOf(place.low))
        return
      }
      const [zero, one] = this.halves(place)
      const isOne = (target[place.depth >> 3]! & (0x80 >> (place.depth & 7))) !== 0
      visit(isOne ? one : zero)
      visit(isOne ? zero : one)
    }
    visit(subtree)
    return found
  }

  #zerosOf(depth: number, low: number, count: number): number {
    if (count <= REMEMBERED) return this.#throw(depth, low, count)
    const place = low * 256 + depth
    let zeros = this.#zeros.get(place)
    if (zeros === undefined) {
      zeros = this.#throw(depth, low, count)
      this.#zeros.set(place, zeros)
    }
    return zeros
  }

  /** How many of `count` coins show a zero. */
  #throw(depth: number, low: number, count: number): number {
    let ones = 0
    for (let thrown = 0; thrown < count; thrown += 32) {
      const left = count - thrown
      const coins = this.#coins(depth, low, 1 + thrown / 32)
      ones += bitsOf(left < 32 ? coins & (2 ** left - 1) : coins)
    }
    return count - ones
  }

  /** 32 coins, always the same for a place. */
  #coins(depth: number, low: number, turn: number): number {
    let hash = scattered(this.#seed ^ Math.imul(low + 1, 0x9e3779b1))
    hash = scattered(hash ^ Math.imul(depth + 1, 0x85ebca77))
    return scattered(hash ^ Math.imul(turn + 1, 0xc2b2ae3d))
  }
}

function scattered(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}

function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
