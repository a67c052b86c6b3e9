import { EMPTY } from '../../src/core/bytes.ts'

/** Bytes that lie together, and where they begin. */
export interface Run {
  readonly begin: number
  readonly bytes: Uint8Array
}

/**
 * A sparse stretch of bytes kept as views: what was written, where. Neighbours that lie next to each other in the same
 * buffer become one, so a block that came in two chunks is one view of its pool again.
 */
export class Extents {
  readonly #runs: Run[]

  constructor(runs: readonly Run[] = []) {
    this.#runs = [...runs]
  }

  /** In order, without overlap. */
  get runs(): readonly Run[] {
    return this.#runs
  }

  /** Keeps a reference to `bytes`; what was there before is covered. */
  put(begin: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const end = begin + bytes.length
    const first = this.#firstEndingAfter(begin)
    const next = this.#runs[first]
    if (next === undefined || next.begin >= end) {
      // Nothing was there, as nearly always.
      if (next === undefined) this.#runs.push({ begin, bytes })
      else this.#runs.splice(first, 0, { begin, bytes })
      this.#join(first)
      return
    }
    let last = first
    const kept: Run[] = []
    for (; last < this.#runs.length && this.#runs[last]!.begin < end; last++) {
      const run = this.#runs[last]!
      if (run.begin < begin) kept.push({ begin: run.begin, bytes: run.bytes.subarray(0, begin - run.begin) })
      if (run.begin + run.bytes.length > end) {
        kept.push({ begin: end, bytes: run.bytes.subarray(end - run.begin) })
      }
    }
    const at = kept[0] !== undefined && kept[0].begin < begin ? 1 : 0
    kept.splice(at, 0, { begin, bytes })
    this.#runs.splice(first, last - first, ...kept)
    this.#join(first + at)
  }

  /** Forgets `[begin, begin + length)`. */
  cut(begin: number, length: number): void {
    const end = begin + length
    for (let i = this.#firstEndingAfter(begin); i < this.#runs.length && this.#runs[i]!.begin < end; ) {
      const run = this.#runs[i]!
      const rest: Run[] = []
      if (run.begin < begin) rest.push({ begin: run.begin, bytes: run.bytes.subarray(0, begin - run.begin) })
      if (run.begin + run.bytes.length > end) {
        rest.push({ begin: end, bytes: run.bytes.subarray(end - run.begin) })
      }
      this.#runs.splice(i, 1, ...rest)
      i += rest.length
    }
  }

  get empty(): boolean {
    return this.#runs.length === 0
  }

  /** Whether every byte of `[begin, begin + length)` was written. */
  covers(begin: number, length: number): boolean {
    let at = begin
    for (let i = this.#firstEndingAfter(begin); i < this.#runs.length && at < begin + length; i++) {
      const run = this.#runs[i]!
      if (run.begin > at) return false
      at = run.begin + run.bytes.length
    }
    return at >= begin + length
  }

  /** The views in `[begin, begin + length)`, in order, with where each begins. */
  *within(begin: number, length: number): Generator<Run> {
    const end = begin + length
    for (let i = this.#firstEndingAfter(begin); i < this.#runs.length && this.#runs[i]!.begin < end; i++) {
      const run = this.#runs[i]!
      const from = Math.max(begin, run.begin)
      const to = Math.min(end, run.begin + run.bytes.length)
      if (to - from === run.bytes.length) yield run
      else yield { begin: from, bytes: run.bytes.subarray(from - run.begin, to - run.begin) }
    }
  }

  /** The bytes of `[begin, begin + length)`, holes as zeros; a view where one run holds them all. */
  read(begin: number, length: number): Uint8Array {
    if (length === 0) return EMPTY
    const run = this.#runs[this.#firstEndingAfter(begin)]
    if (run !== undefined && run.begin <= begin && run.begin + run.bytes.length >= begin + length) {
      // The view itself where it is asked for as it came: a block is one object on all its ways.
      if (run.bytes.length === length) return run.bytes
      return run.bytes.subarray(begin - run.begin, begin - run.begin + length)
    }
    const out = new Uint8Array(length)
    for (const part of this.within(begin, length)) out.set(part.bytes, part.begin - begin)
    return out
  }

  #firstEndingAfter(begin: number): number {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >> 1
      const run = this.#runs[middle]!
      if (run.begin + run.bytes.length <= begin) low = middle + 1
      else high = middle
    }
    return low
  }

  #join(index: number): void {
    if (this.#joinWithNext(index - 1)) this.#joinWithNext(index - 1)
    else this.#joinWithNext(index)
  }

  #joinWithNext(index: number): boolean {
    const left = this.#runs[index]
    const right = this.#runs[index + 1]
    if (left === undefined || right === undefined) return false
    const adjacent =
      left.begin + left.bytes.length === right.begin &&
      left.bytes.buffer === right.bytes.buffer &&
      left.bytes.byteOffset + left.bytes.length === right.bytes.byteOffset
    if (!adjacent) return false
    const bytes = new Uint8Array(
      left.bytes.buffer,
      left.bytes.byteOffset,
      left.bytes.length + right.bytes.length,
    )
    this.#runs.splice(index, 2, { begin: left.begin, bytes })
    return true
  }
}
