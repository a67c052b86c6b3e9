import {
  type BlockMessage,
  FRAME,
  HANDSHAKE_LENGTH,
  type Handshake,
  type IndexMessage,
  MESSAGE,
  type SimpleMessage,
  writeBitfield,
  writeBlockFrame,
  writeExtendedHead,
  writeHandshake,
  writeIndex,
  writeKeepAlive,
  writeMessage,
  writePieceHead,
  writePort,
  writeSimple,
} from '../codec/wire.ts'
import { Credit } from '../core/credit.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { RateLimit } from '../core/rate-limit.ts'
import { MILLISECOND, type Micros } from '../core/time.ts'
import type { StreamEffects } from './peer-owner.ts'

/** Without memory for another answer, it is asked for again after this. */
export const MEMORY_DELAY: Micros = 50 * MILLISECOND
/** Of the memory for sending, what no such answer may take. */
const MESSAGES_SHARE = 1 / 16

/** Writes messages into the stream's room, and knows how many bytes have not left yet and when something last moved. */
export class Outbox {
  readonly #effects: StreamEffects
  /** Memory for what is being read to be sent, or waits in a stream. */
  readonly memory: Credit
  /** When anything was last queued. */
  spokeAt: Micros
  /** When bytes last left, or began to wait. */
  movedAt: Micros
  /** Whatever is said is taken from it, at once and unasked; payload was taken when it began to be served. */
  limit: RateLimit | undefined
  #unsent = 0

  constructor(now: Micros, effects: StreamEffects, memory: Credit = new Credit(Number.POSITIVE_INFINITY)) {
    this.#effects = effects
    this.memory = memory
    this.spokeAt = now
    this.movedAt = now
  }

  /** Bytes that the kernel has not taken. */
  get unsent(): number {
    return this.#unsent
  }

  /**
   * Requests wait, not answers (FR12): while memory is short, a remote that has not taken what it was given, or for which `reading`
   * bytes are being read, gets nothing more. What is left beyond the mark is for the others.
   */
  hasMemory(length: number, reading = 0): boolean {
    const { memory } = this
    return (
      !memory.pressed ||
      (reading === 0 && this.#unsent < BLOCK_LENGTH && memory.fits(length + memory.limit * MESSAGES_SHARE))
    )
  }

  /** `bytes` more have left for the kernel. */
  left(now: Micros, bytes: number): void {
    this.#forget(Math.min(bytes, this.#unsent))
    this.movedAt = now
  }

  /** The connection has ended: nobody waits for it. */
  end(): void {
    this.#forget(this.#unsent)
  }

  handshake(now: Micros, handshake: Handshake): void {
    writeHandshake(this.#room(now, HANDSHAKE_LENGTH), 0, handshake)
  }

  keepAlive(now: Micros): void {
    writeKeepAlive(this.#room(now, FRAME.keepAlive), 0)
  }

  simple(now: Micros, id: SimpleMessage): void {
    writeSimple(this.#room(now, FRAME.simple), 0, id)
  }

  index(now: Micros, id: IndexMessage, piece: number): void {
    writeIndex(this.#room(now, FRAME.index), 0, id, piece)
  }

  /** In one room: a crowd of a thousand makes thousands of them a second. */
  haves(now: Micros, pieces: readonly number[]): void {
    if (pieces.length === 0) return
    const room = this.#room(now, FRAME.index * pieces.length)
    for (let nth = 0; nth < pieces.length; nth++)
      writeIndex(room, FRAME.index * nth, MESSAGE.have, pieces[nth]!)
  }

  bitfield(now: Micros, bits: Uint8Array): void {
    writeBitfield(this.#room(now, FRAME.bitfieldHead + bits.length), 0, bits)
  }

  request(now: Micros, piece: number, begin: number, length: number): void {
    this.#block(now, MESSAGE.request, piece, begin, length)
  }

  cancel(now: Micros, piece: number, begin: number, length: number): void {
    this.#block(now, MESSAGE.cancel, piece, begin, length)
  }

  reject(now: Micros, piece: number, begin: number, length: number): void {
    this.#block(now, MESSAGE.reject, piece, begin, length)
  }

  /** A whole block; `view` goes to the stream as it is. */
  piece(now: Micros, piece: number, begin: number, view: Uint8Array): void {
    writePieceHead(this.#room(now, FRAME.pieceHead), 0, piece, begin, view.length)
    this.#queued(now, view.length)
    this.#effects.send(view)
  }

  port(now: Micros, port: number): void {
    writePort(this.#room(now, FRAME.port), 0, port)
  }

  /** `extension`: the remote's id for it, 0 for the handshake. */
  extended(now: Micros, extension: number, payload: Uint8Array): void {
    const room = this.#room(now, FRAME.extendedHead + payload.length)
    room.set(payload, writeExtendedHead(room, 0, payload.length, extension))
  }

  /** Of a kind that only one part writes. */
  message(now: Micros, id: number, payload: Uint8Array): void {
    writeMessage(this.#room(now, FRAME.simple + payload.length), 0, id, payload)
  }

  #block(now: Micros, id: BlockMessage, piece: number, begin: number, length: number): void {
    writeBlockFrame(this.#room(now, FRAME.block), 0, id, piece, begin, length)
  }

  #room(now: Micros, length: number): Uint8Array {
    this.#queued(now, length)
    this.limit?.take(now, length)
    return this.#effects.reserve(length)
  }

  #queued(now: Micros, length: number): void {
    if (this.#unsent === 0) this.movedAt = now
    this.#unsent += length
    this.memory.draw(length)
    this.spokeAt = now
  }

  #forget(bytes: number): void {
    this.#unsent -= bytes
    this.memory.giveBack(bytes)
  }
}
