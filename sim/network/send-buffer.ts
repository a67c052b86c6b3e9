/** Room for many streams is cut from pages of this size. */
const PAGE = 16_384
/** Places of what was taken that are kept before the rest moves up. */
const SLACK = 64

/** Memory for small messages, shared by the streams of a world: an idle stream holds none. */
export class SendPages {
  #page: Uint8Array = new Uint8Array(PAGE)
  #end = 0

  /** The page from which room was cut last, and where that ends. */
  get page(): Uint8Array {
    return this.#page
  }

  get end(): number {
    return this.#end
  }

  cut(length: number): Uint8Array {
    if (this.#end + length > this.#page.length) {
      this.#page = new Uint8Array(Math.max(PAGE, length))
      this.#end = 0
    }
    this.#end += length
    return this.#page.subarray(this.#end - length, this.#end)
  }
}

/** What waits to be sent on one stream: rooms and views in the order in which they were given, without a copy. */
export class SendBuffer {
  /** Bytes that were flushed and not taken. */
  ready = 0

  readonly #pages: SendPages
  /** Rooms in a row, which leave as one view: `#room` alone, or from `#start` to `#end` of `#page`. */
  #page: Uint8Array | undefined
  #room: Uint8Array | undefined
  #start = 0
  #end = 0
  /** Taken up to `#head`, flushed up to `#flushed`, then queued. */
  readonly #views: Uint8Array[] = []
  #head = 0
  #flushed = 0

  constructor(pages: SendPages) {
    this.#pages = pages
  }

  reserve(length: number): Uint8Array {
    const pages = this.#pages
    // Rooms that follow each other in a page, with nobody else's between.
    const follows =
      this.#page === pages.page && this.#end === pages.end && this.#end + length <= pages.page.length
    if (!follows) this.#seal()
    const room = pages.cut(length)
    if (follows) this.#room = undefined
    else {
      this.#page = pages.page
      this.#start = pages.end - length
      this.#room = room
    }
    this.#end = pages.end
    return room
  }

  send(view: Uint8Array): void {
    this.#seal()
    this.#views.push(view)
  }

  /** Lets what was queued be taken. */
  flush(): void {
    this.#seal()
    for (; this.#flushed < this.#views.length; this.#flushed++)
      this.ready += this.#views[this.#flushed]!.length
  }

  /**
   * Moves views of about `limit` bytes together into `into`. With `slack`, views are rather not cut: one that goes beyond by
   * no more is taken whole, a longer one waits when half of the limit has been taken. Returns the bytes, 0 when nothing is
   * ready.
   */
  take(limit: number, slack: number, into: Uint8Array[]): number {
    let taken = 0
    while (this.#head < this.#flushed && taken < limit) {
      const view = this.#views[this.#head]!
      const room = limit - taken
      if (view.length <= room + slack) {
        into.push(view)
        taken += view.length
        this.#head += 1
      } else {
        if (slack > 0 && 2 * taken >= limit) break
        into.push(view.subarray(0, room))
        this.#views[this.#head] = view.subarray(room)
        taken = limit
      }
    }
    this.ready -= taken
    if (this.#head === this.#views.length) this.clear()
    else if (this.#head > SLACK) {
      this.#views.splice(0, this.#head)
      this.#flushed -= this.#head
      this.#head = 0
    }
    return taken
  }

  /** Forgets what was not taken. */
  clear(): void {
    this.#views.length = 0
    this.#head = 0
    this.#flushed = 0
    this.ready = 0
  }

  #seal(): void {
    if (this.#page === undefined) return
    this.#views.push(this.#room ?? this.#page.subarray(this.#start, this.#end))
    this.#page = undefined
    this.#room = undefined
  }
}
