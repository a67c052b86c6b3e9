/** Room is cut from pages of this size, so that small messages in a row leave as one view. */
const PAGE = 1_024

/** What waits to be sent on one stream: rooms and views in the order in which they were given, without a copy. */
export class SendBuffer {
  /** Bytes that were flushed and not taken. */
  ready = 0

  #page: Uint8Array = new Uint8Array(0)
  /** The part of the page that is cut but not yet queued. */
  #start = 0
  #end = 0
  #queued: Uint8Array[] = []
  readonly #flushed: Uint8Array[] = []
  #head = 0

  reserve(length: number): Uint8Array {
    if (this.#end + length > this.#page.length) {
      this.#seal()
      this.#page = new Uint8Array(Math.max(PAGE, length))
      this.#start = 0
      this.#end = 0
    }
    this.#end += length
    return this.#page.subarray(this.#end - length, this.#end)
  }

  send(view: Uint8Array): void {
    this.#seal()
    this.#queued.push(view)
  }

  /** Lets what was queued be taken. */
  flush(): void {
    this.#seal()
    for (const view of this.#queued) {
      this.#flushed.push(view)
      this.ready += view.length
    }
    this.#queued = []
  }

  /** Whole views of at most `limit` bytes together; the first is cut when it alone is longer. Empty when nothing is ready. */
  take(limit: number): Uint8Array[] {
    const views: Uint8Array[] = []
    let room = limit
    while (this.#head < this.#flushed.length) {
      const view = this.#flushed[this.#head]!
      if (view.length > room && views.length > 0) break
      const part = view.length > room ? view.subarray(0, room) : view
      views.push(part)
      room -= part.length
      this.ready -= part.length
      if (part === view) this.#head += 1
      else this.#flushed[this.#head] = view.subarray(part.length)
    }
    if (this.#head === this.#flushed.length) {
      this.#flushed.length = 0
      this.#head = 0
    } else if (this.#head > 256) {
      this.#flushed.splice(0, this.#head)
      this.#head = 0
    }
    return views
  }

  #seal(): void {
    if (this.#end > this.#start) this.#queued.push(this.#page.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}
