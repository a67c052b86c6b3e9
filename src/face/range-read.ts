import type { LodestoneError } from '../core/errors.ts'

/** What of a file is read: bytes from `start` (default 0) up to, without, `end` (default its length). */
export interface ReadOptions {
  readonly start?: number
  readonly end?: number
  /** Aborting it ends the reading with the signal's reason. */
  readonly signal?: AbortSignal
}

/** How it is read, by the torrent. */
interface RangeReadInit {
  readonly signal: AbortSignal | undefined
  /** Where it begins and ends in the content, once that is known. */
  range(): Promise<{ readonly begin: number; readonly end: number }>
  begin(begin: number, end: number): void
  /** Asks for the next part; answered by `part` or `fail`. */
  more(): void
  /** No more is wanted; called once. */
  ended(): void
}

/** A part of a file as it arrives: verified bytes in their order, a part each time that the reader asks for one. */
export class RangeRead implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #init: RangeReadInit
  #left: number | undefined
  #waiting: { resolve(bytes: Uint8Array): void; reject(error: unknown): void } | undefined
  /** Readers that do not wait for one answer before they ask again are answered in turn. */
  #turn: Promise<unknown> = Promise.resolve()
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  readonly #onAbort = (): void => this.fail(this.#init.signal?.reason)

  constructor(init: RangeReadInit) {
    this.#init = init
    init.signal?.addEventListener('abort', this.#onAbort)
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const next = this.#turn.then(() => this.#next())
    this.#turn = next.catch(() => {})
    return next
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#end()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** The answer to `more`. */
  part(bytes: Uint8Array): void {
    // The store may hold these bytes for others too.
    this.#waiting?.resolve(bytes.slice())
    this.#waiting = undefined
  }

  fail(error: LodestoneError | unknown): void {
    if (this.#isOver) return
    this.#failure = { error }
    this.#waiting?.reject(error)
    this.#end()
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#left === undefined && !this.#isOver) await this.#begin()
    if (this.#isOver) {
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure.error
      return { done: true, value: undefined }
    }
    const bytes = await new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#init.more()
    }).catch((error: unknown) => {
      this.#failure = undefined
      throw error
    })
    this.#left! -= bytes.length
    if (this.#left === 0) this.#end()
    return { done: false, value: bytes }
  }

  async #begin(): Promise<void> {
    try {
      const { begin, end } = await this.#init.range()
      if (this.#isOver) return
      this.#left = end - begin
      if (this.#left === 0) this.#end()
      else this.#init.begin(begin, end)
    } catch (error) {
      this.fail(error)
    }
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#waiting = undefined
    this.#init.signal?.removeEventListener('abort', this.#onAbort)
    this.#init.ended()
  }
}
