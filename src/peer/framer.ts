import { FRAME, LENGTH_PREFIX, MESSAGE } from '../codec/wire.ts'
import { EMPTY, readUint32 } from '../core/bytes.ts'
import type { Micros } from '../core/time.ts'

/** Where frames go. Any call may end in `Framer.stop`; nothing more is said then. */
export interface FrameSink {
  keepAlive(now: Micros): void
  /** A frame declares more than the framer's limit. */
  tooLong(now: Micros): void
  /**
   * A frame of message `id` with `length` payload bytes has begun; `first` is the first of them for an extended message
   * (its extended id), else -1. `skip` passes over the payload as it comes, and `frame` is not called.
   */
  admit(now: Micros, id: number, length: number, first: number): 'assemble' | 'skip'
  /** A whole frame; `payload` (without the id) is lent. */
  frame(now: Micros, id: number, payload: Uint8Array): void
  /** The head of a piece message; its `length` bytes, if any, follow through `blockBytes`, then `blockEnd`. */
  blockHead(now: Micros, piece: number, begin: number, length: number): void
  /** Payload as it comes; `bytes` is lent. */
  blockBytes(now: Micros, bytes: Uint8Array): void
  blockEnd(now: Micros): void
}

/** Length and id. */
const SHORT_HEAD = LENGTH_PREFIX + 1
/** An assembly buffer up to this size is kept for the next frame. */
const KEPT_BUFFER = 4096

type Mode = 'head' | 'assemble' | 'skip' | 'block'

/**
 * Cuts a byte stream into frames (BEP 3: a 32-bit length, an id, a payload). Frames that lie whole in a chunk are handed
 * on as views of it; others are assembled in a buffer that grows with what has arrived, never with what was announced; the
 * payload of piece messages is never assembled.
 */
export class Framer {
  readonly #sink: FrameSink
  readonly #maxFrame: number
  readonly #head = new Uint8Array(FRAME.pieceHead)
  #headLength = 0
  #mode: Mode = 'head'
  /** Payload bytes of the current frame that have not arrived. */
  #left = 0
  #id = 0
  #buffer: Uint8Array = EMPTY
  #buffered = 0
  #stopped = false
  #ended = false

  constructor(sink: FrameSink, maxFrame: number) {
    this.#sink = sink
    this.#maxFrame = maxFrame
  }

  /** Bytes held. */
  get held(): number {
    return this.#buffer.length
  }

  /** No more calls to the sink, the rest of the chunk included. */
  stop(): void {
    this.#stopped = true
    this.#buffer = EMPTY
  }

  /** Takes the next bytes of the stream; `chunk` is lent. Whether a frame has ended: what only goes on leaves nothing to settle. */
  push(now: Micros, chunk: Uint8Array, from = 0): boolean {
    this.#ended = false
    let at = from
    while (at < chunk.length && !this.#stopped) {
      at = this.#mode === 'head' ? this.#readHead(now, chunk, at) : this.#readPayload(now, chunk, at)
    }
    return this.#ended
  }

  #readHead(now: Micros, chunk: Uint8Array, start: number): number {
    if (this.#headLength === 0) {
      const whole = headLength(chunk, start, chunk.length - start, this.#maxFrame)
      if (start + whole <= chunk.length) {
        this.#begin(now, chunk, start, whole)
        // The extended id was looked at only: it belongs to the payload.
        return start + (whole === FRAME.extendedHead ? whole - 1 : whole)
      }
    }
    let at = start
    for (;;) {
      const missing = headLength(this.#head, 0, this.#headLength, this.#maxFrame) - this.#headLength
      if (missing === 0) break
      if (at === chunk.length) return at
      const take = Math.min(missing, chunk.length - at)
      this.#head.set(chunk.subarray(at, at + take), this.#headLength)
      this.#headLength += take
      at += take
    }
    const length = this.#headLength
    this.#headLength = 0
    this.#begin(now, this.#head, 0, length)
    if (length === FRAME.extendedHead && !this.#stopped)
      this.#readPayload(now, this.#head.subarray(0, length), length - 1)
    return at
  }

  #begin(now: Micros, bytes: Uint8Array, at: number, headBytes: number): void {
    const length = readUint32(bytes, at)
    if (length === 0) {
      this.#ended = true
      this.#sink.keepAlive(now)
      return
    }
    if (length > this.#maxFrame) {
      this.#sink.tooLong(now)
      return
    }
    this.#id = bytes[at + LENGTH_PREFIX]!
    if (headBytes === FRAME.pieceHead) {
      this.#left = length - (FRAME.pieceHead - LENGTH_PREFIX)
      this.#mode = this.#left === 0 ? 'head' : 'block'
      this.#ended ||= this.#left === 0
      this.#sink.blockHead(now, readUint32(bytes, at + 5), readUint32(bytes, at + 9), this.#left)
      return
    }
    this.#left = length - 1
    const first = headBytes === FRAME.extendedHead ? bytes[at + FRAME.extendedHead - 1]! : -1
    this.#mode = this.#sink.admit(now, this.#id, this.#left, first)
    if (this.#left === 0) this.#end(now)
  }

  #readPayload(now: Micros, chunk: Uint8Array, at: number): number {
    const take = Math.min(this.#left, chunk.length - at)
    this.#left -= take
    if (this.#mode === 'block') {
      const whole = at === 0 && take === chunk.length
      this.#sink.blockBytes(now, whole ? chunk : chunk.subarray(at, at + take))
    } else if (this.#mode === 'assemble') {
      if (this.#buffered === 0 && this.#left === 0) {
        this.#mode = 'head'
        this.#ended = true
        this.#sink.frame(now, this.#id, chunk.subarray(at, at + take))
        return at + take
      }
      this.#keep(chunk, at, take)
    }
    if (this.#left === 0) this.#end(now)
    return at + take
  }

  #end(now: Micros): void {
    const mode = this.#mode
    this.#mode = 'head'
    this.#ended = true
    if (this.#stopped) return
    if (mode === 'block') this.#sink.blockEnd(now)
    else if (mode === 'assemble') {
      const payload = this.#buffer.subarray(0, this.#buffered)
      this.#buffered = 0
      if (this.#buffer.length > KEPT_BUFFER) this.#buffer = EMPTY
      this.#sink.frame(now, this.#id, payload)
    }
  }

  #keep(chunk: Uint8Array, at: number, take: number): void {
    const needed = this.#buffered + take
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(needed, 2 * this.#buffer.length, 64), needed + this.#left),
      )
      grown.set(this.#buffer.subarray(0, this.#buffered))
      this.#buffer = grown
    }
    this.#buffer.set(chunk.subarray(at, at + take), this.#buffered)
    this.#buffered = needed
  }
}

/** How long the head is, as far as `available` bytes at `at` tell; more than `available` when they do not tell. */
function headLength(bytes: Uint8Array, at: number, available: number, maxFrame: number): number {
  if (available < LENGTH_PREFIX) return LENGTH_PREFIX
  const length = readUint32(bytes, at)
  if (length === 0 || length > maxFrame) return LENGTH_PREFIX
  if (available <= LENGTH_PREFIX) return SHORT_HEAD
  const id = bytes[at + LENGTH_PREFIX]!
  if (id === MESSAGE.piece && length >= FRAME.pieceHead - LENGTH_PREFIX) return FRAME.pieceHead
  if (id === MESSAGE.extended && length >= FRAME.extendedHead - LENGTH_PREFIX) return FRAME.extendedHead
  return SHORT_HEAD
}
