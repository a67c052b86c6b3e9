/** Both sides of an encrypted handshake, back to back, or one of them against bytes of our own making. */
import { createHash } from 'node:crypto'
import { concatBytes, equalBytes } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { AcceptedHandshake, type AcceptedInit } from '../../src/mse/accepted-handshake.ts'
import { DialledHandshake, type DialledInit } from '../../src/mse/dialled-handshake.ts'
import type { Agreement } from '../../src/mse/handshake-init.ts'
import { METHOD } from '../../src/mse/handshake-init.ts'
import { torrentMark } from '../../src/mse/stream-keys.ts'
import { dice } from './dice.ts'

export const BOTH: number = METHOD.plain | METHOD.rc4
export const TORRENT: Uint8Array = new Uint8Array(20).fill(0xaa)

export function sha1(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(bytes).digest())
}

/** One side, what it has sent and not been taken yet, and what came after its handshake. */
class Side<H extends DialledHandshake | AcceptedHandshake> {
  readonly handshake: H
  sent: Uint8Array[] = []
  /** Bytes that belong to the stream, as they came. */
  rest: Uint8Array[] = []

  constructor(make: (send: (bytes: Uint8Array) => void) => H) {
    this.handshake = make((bytes) => this.sent.push(bytes))
  }

  get agreement(): Agreement {
    const { outcome } = this.handshake
    if (typeof outcome !== 'object') throw new Error(`no agreement: ${outcome}`)
    return outcome
  }

  take(): Uint8Array {
    const bytes = concatBytes(this.sent)
    this.sent = []
    return bytes
  }

  receive(chunk: Uint8Array): void {
    const at = this.handshake.outcome === undefined ? this.handshake.push(chunk) : 0
    if (at < chunk.length) this.rest.push(chunk.slice(at))
  }
}

export function dialling(init: Partial<DialledInit> = {}, seed = 1): Side<DialledHandshake> {
  return new Side(
    (send) =>
      new DialledHandshake({
        secret: dice(seed),
        sha1,
        methods: BOTH,
        infoHash: TORRENT,
        initial: () => new Uint8Array(0),
        ...init,
        send,
      }),
  )
}

export function accepting(init: Partial<AcceptedInit> = {}, seed = 2): Side<AcceptedHandshake> {
  const known = torrentMark(sha1, TORRENT)
  return new Side(
    (send) =>
      new AcceptedHandshake({
        secret: dice(seed),
        sha1,
        methods: BOTH,
        torrentOf: (mark) => (equalBytes(mark, known) ? TORRENT : undefined),
        mayWork: () => true,
        ...init,
        send,
      }),
  )
}

/** Hands `bytes` over in pieces of 1 to `longest` bytes, each overwritten once it was heard. */
export function inPieces(
  bytes: Uint8Array,
  rng: Rng,
  longest: number,
  to: (chunk: Uint8Array) => void,
): void {
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.slice(at, at + 1 + below(rng, longest))
    at += chunk.length
    to(chunk)
    chunk.fill(0xee)
  }
}

/** Lets both talk until neither has anything more to say. */
export function converse(
  one: Side<DialledHandshake>,
  other: Side<AcceptedHandshake>,
  rng: Rng = dice(5),
  longest = 2000,
): void {
  while (one.sent.length + other.sent.length > 0) {
    inPieces(one.take(), rng, longest, (chunk) => other.receive(chunk))
    inPieces(other.take(), rng, longest, (chunk) => one.receive(chunk))
  }
}
