import { concatBytes, EMPTY } from '../core/bytes.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Micros } from '../core/time.ts'
import { type Agreement, METHOD } from '../mse/handshake-init.ts'
import type { Rc4 } from '../mse/rc4.ts'
import type { Stream, StreamReader } from './stream.ts'

/** Longer rooms would be no cheaper, and the host has these at hand. */
const LONGEST_ROOM = 64 * 1024

/** What came encrypted is read out of here, and used up before more is: what was lent to us is not ours to write into. */
const READABLE = new Uint8Array(64 * 1024)
/** What that was read out of. */
let unread: Uint8Array = EMPTY

/** The bytes of a lent view as they came: for one that was encrypted, those. */
export function asItCame(view: Uint8Array): Uint8Array {
  if (view.buffer !== READABLE.buffer) return view
  return unread.subarray(view.byteOffset, view.byteOffset + view.length)
}

/**
 * A stream on a stream that begins with an encrypted handshake, or may: until it is over, what is said waits. From then on bytes pass
 * as they are, or through a cipher.
 */
export abstract class EncryptedStream implements Stream, StreamReader {
  reader: StreamReader | undefined
  encrypted = false
  protected below: Stream
  /** Closed, by us or by what is below. */
  protected over = false
  /** `trying`: what is said is sent as it is, and kept, until something is heard. */
  #state: 'waiting' | 'trying' | 'begun' = 'waiting'
  #sending: Rc4 | undefined
  #receiving: Rc4 | undefined
  /** So many of the bytes to come are encrypted. */
  #covered = 0
  /** What was said and not handed on yet; while trying, all that was. */
  #said: Uint8Array[] = []
  #tried = 0
  /** Bytes below that the reader has not said, or has heard of already; and what it has heard of. */
  #own = 0
  #told = 0

  constructor(below: Stream) {
    this.below = below
    below.reader = this
  }

  get overUtp(): boolean {
    return this.below.overUtp
  }

  reserve(length: number): Uint8Array {
    if (this.#passes) return this.below.reserve(length)
    const room = new Uint8Array(length)
    this.#said.push(room)
    return room
  }

  send(view: Uint8Array): void {
    if (this.#passes) this.below.send(view)
    else this.#said.push(view)
  }

  flush(): void {
    if (this.#state === 'waiting') return
    if (this.#state === 'trying') this.#repeat()
    else this.#encrypt()
    this.below.flush()
  }

  pause(): void {
    this.below.pause()
  }

  resume(): void {
    this.below.resume()
  }

  close(now: boolean): void {
    if (this.over) return
    this.over = true
    if (!now && this.#state === 'begun') this.#encrypt()
    this.below.close(now)
  }

  abstract opened(now: Micros): void

  received(now: Micros, views: readonly Uint8Array[]): void {
    if (this.#state === 'begun' && this.#covered === 0) {
      this.reader?.received(now, views)
      return
    }
    for (const view of views) {
      if (this.over) return
      if (this.#state === 'begun') this.#hear(now, view)
      else this.heard(now, view)
    }
  }

  sent(now: Micros, bytes: number): void {
    const own = Math.min(bytes, this.#own)
    this.#own -= own
    this.#told += bytes - own
    if (bytes > own) this.reader?.sent(now, bytes - own)
  }

  ended(now: Micros, reason: ErrorCode): void {
    if (this.over) return
    this.over = true
    this.reader?.ended(now, reason)
  }

  /** Bytes of the handshake. */
  protected abstract heard(now: Micros, view: Uint8Array): void

  /** A part of the handshake, from us. */
  protected say(bytes: Uint8Array): void {
    this.#own += bytes.length
    this.below.reserve(bytes.length).set(bytes)
  }

  /** What the reader has said so far, to go with a part of the handshake. */
  protected takeSaid(): Uint8Array {
    const bytes = concatBytes(this.#said)
    this.#said = []
    this.#own -= bytes.length
    return bytes
  }

  /** Sends all as it is, ready to say it once more on another stream. */
  protected tryPlain(): void {
    this.#state = 'trying'
    this.flush()
  }

  /** Begins anew on another stream. */
  protected moveTo(below: Stream): void {
    this.below = below
    below.reader = this
    this.#state = 'waiting'
    this.#tried = 0
    this.#own = this.#told
  }

  /** The handshake is over; without an agreement there was none. `first` are the first bytes of the stream. */
  protected begin(now: Micros, agreement: Agreement | undefined, first: Uint8Array): void {
    if (this.#state === 'trying') this.#said = []
    this.#state = 'begun'
    if (agreement !== undefined) {
      this.encrypted = true
      const { method, sending, receiving, initial } = agreement
      this.#sending = method === METHOD.rc4 ? sending : undefined
      this.#receiving = receiving
      this.#covered = method === METHOD.rc4 ? Number.POSITIVE_INFINITY : initial
    }
    this.flush()
    this.#hear(now, first)
  }

  /** Ends it for what the remote has done. */
  protected fail(now: Micros, reason: ErrorCode): void {
    this.below.close(true)
    this.ended(now, reason)
  }

  /** What is said needs no look from us. */
  get #passes(): boolean {
    return this.#state === 'begun' && this.#sending === undefined
  }

  /** Sends a copy of what was said since it was last tried. */
  #repeat(): void {
    for (; this.#tried < this.#said.length; this.#tried++) {
      const view = this.#said[this.#tried]!
      this.below.reserve(view.length).set(view)
    }
  }

  /** Puts what waits, encrypted, into few rooms one after another. */
  #encrypt(): void {
    const cipher = this.#sending
    let left = 0
    for (const view of this.#said) left += view.length
    let room = EMPTY
    let at = 0
    for (const view of this.#said) {
      for (let from = 0; from < view.length; ) {
        if (at === room.length) {
          room = this.below.reserve(Math.min(left, LONGEST_ROOM))
          left -= room.length
          at = 0
        }
        const part = view.subarray(from, from + room.length - at)
        if (cipher === undefined) room.set(part, at)
        else cipher.crypt(part, room, at)
        from += part.length
        at += part.length
      }
    }
    this.#said = []
  }

  #hear(now: Micros, view: Uint8Array): void {
    let at = 0
    while (at < view.length && this.#covered > 0 && !this.over) {
      const end = Math.min(view.length, at + READABLE.length, at + this.#covered)
      unread = view.subarray(at, end)
      const readable = READABLE.subarray(0, end - at)
      this.#receiving!.crypt(unread, readable)
      this.#covered -= end - at
      at = end
      this.reader?.received(now, [readable])
    }
    if (at < view.length && !this.over) this.reader?.received(now, [view.subarray(at)])
  }
}
