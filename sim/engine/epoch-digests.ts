import { type Micros, SECOND } from '../../src/core/time.ts'
import { chained, type Fingerprint, fingerprintText } from './fingerprint.ts'

/** Hosts in a group, a power of two: host `index` belongs to group `index >> 10`. */
const GROUP_SIZE = 1_024
const GROUP_SHIFT = 10
/** Cells of eight bytes that are kept at most. */
const CELL_LIMIT = 1_048_576
const FIRST_EPOCHS = 64
const SALT = 0x3c6ef372

/** Digests of a run as plain data. `rows[epoch][group]`: 16 hexadecimal digits, zeros where nothing happened. */
export interface DigestTable {
  /** Virtual seconds of an epoch, a power of two. */
  readonly epochSeconds: number
  readonly groupSize: number
  readonly rows: readonly (readonly string[])[]
}

/**
 * One fingerprint per virtual second and group of hosts, by which two runs are compared to where they part. It is a sum over
 * the events, whose words hold their whole place in the order, so epochs can be joined by adding. Memory is bounded: when
 * the cells are used up, neighbouring epochs are joined and each lasts twice as long.
 */
export class EpochDigests {
  #epochSeconds = 1
  #groups = 1
  /** Two lanes a cell, epoch by epoch. */
  #lanes: Int32Array = new Int32Array(2 * FIRST_EPOCHS)
  #epochs = 0
  #epochEnd: Micros = 0
  readonly #cellLimit: number

  constructor(cellLimit: number = CELL_LIMIT) {
    this.#cellLimit = cellLimit
  }

  /** Counts in the event that `fingerprint` took in last; times must not go back. */
  add(time: Micros, destination: number, fingerprint: Fingerprint): void {
    const group = destination >>> GROUP_SHIFT
    if (time >= this.#epochEnd || group >= this.#groups) this.#makeRoom(time, group)
    const cell = 2 * ((this.#epochs - 1) * this.#groups + group)
    this.#lanes[cell] = this.#lanes[cell]! + chained(SALT, fingerprint.word)
    this.#lanes[cell + 1] = this.#lanes[cell + 1]! + chained(SALT, fingerprint.otherWord)
  }

  table(): DigestTable {
    const rows = Array.from({ length: this.#epochs }, (_, epoch) =>
      Array.from({ length: this.#groups }, (_, group) => {
        const cell = 2 * (epoch * this.#groups + group)
        return fingerprintText(this.#lanes[cell]!, this.#lanes[cell + 1]!)
      }),
    )
    return { epochSeconds: this.#epochSeconds, groupSize: GROUP_SIZE, rows }
  }

  #makeRoom(time: Micros, group: number): void {
    if (group >= this.#groups) this.#widen(group + 1)
    while ((this.#epochAt(time) + 1) * this.#groups > this.#cellLimit && this.#epochAt(time) > 0) this.#join()
    this.#epochs = Math.max(this.#epochs, this.#epochAt(time) + 1)
    this.#epochEnd = this.#epochs * this.#epochSeconds * SECOND
    this.#reserve(this.#groups)
  }

  #epochAt(time: Micros): number {
    return Math.floor(time / (this.#epochSeconds * SECOND))
  }

  /** Makes one epoch of each two. */
  #join(): void {
    const width = 2 * this.#groups
    const lanes = this.#lanes
    for (let epoch = 1; epoch < this.#epochs; epoch++) {
      const from = epoch * width
      const to = (epoch >> 1) * width
      for (let i = 0; i < width; i++) {
        lanes[to + i] = epoch % 2 === 0 ? lanes[from + i]! : lanes[to + i]! + lanes[from + i]!
      }
    }
    const joined = (this.#epochs + 1) >> 1
    lanes.fill(0, joined * width, this.#epochs * width)
    this.#epochs = joined
    this.#epochSeconds *= 2
  }

  #widen(groups: number): void {
    const old = this.#lanes
    const width = 2 * this.#groups
    this.#lanes = new Int32Array(0)
    this.#reserve(groups)
    for (let epoch = 0; epoch < this.#epochs; epoch++) {
      this.#lanes.set(old.subarray(epoch * width, (epoch + 1) * width), epoch * 2 * groups)
    }
    this.#groups = groups
  }

  /** Room for all epochs with so many groups, and as much again. */
  #reserve(groups: number): void {
    const needed = 2 * this.#epochs * groups
    if (needed <= this.#lanes.length) return
    const lanes = new Int32Array(2 * needed)
    lanes.set(this.#lanes)
    this.#lanes = lanes
  }
}

/** The same run with epochs twice as long. */
export function coarser({ epochSeconds, groupSize, rows }: DigestTable): DigestTable {
  const joined = Array.from({ length: Math.ceil(rows.length / 2) }, (_, epoch) => {
    const first = rows[2 * epoch]!
    const second = rows[2 * epoch + 1]
    return first.map((digest, group) => (second === undefined ? digest : sum(digest, second[group]!)))
  })
  return { epochSeconds: 2 * epochSeconds, groupSize, rows: joined }
}

/** Lane by lane. */
function sum(a: string, b: string): string {
  const lane = (from: number): number =>
    Number.parseInt(a.slice(from, from + 8), 16) + Number.parseInt(b.slice(from, from + 8), 16)
  return fingerprintText(lane(0), lane(8))
}
