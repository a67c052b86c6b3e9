/** Streams that are encrypted, or may be, on carriers that keep what they are given until it is taken. */
import assert from 'node:assert/strict'
import { parseAddress } from '../../src/core/address.ts'
import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { nodeCrypto, randomFrom } from '../../src/host/crypto.ts'
import type { AcceptedStream } from '../../src/session/accepted-stream.ts'
import { Encryption } from '../../src/session/encryption.ts'
import type { Stream, StreamReader } from '../../src/session/stream.ts'
import { dice } from './dice.ts'
import { inPieces, TORRENT } from './mse-pair.ts'

/** The first 48 bytes of a handshake for the torrent, and 20 more. */
export const HELLO = concatBytes([
  latin1('\x13BitTorrent protocol'),
  new Uint8Array(8),
  TORRENT,
  latin1('-a peer id of 20 b.-'),
])

/** What carries a stream: keeps what it is given until it is taken. */
export class Carrier implements Stream {
  reader: StreamReader | undefined
  closed: 'now' | 'gently' | undefined
  #queued: Uint8Array[] = []
  #flushed: Uint8Array[] = []

  reserve(length: number): Uint8Array {
    assert.equal(this.closed, undefined)
    const room = new Uint8Array(length)
    this.#queued.push(room)
    return room
  }
  send(view: Uint8Array): void {
    assert.equal(this.closed, undefined)
    this.#queued.push(view)
  }
  flush(): void {
    this.#flushed.push(...this.#queued.splice(0))
  }
  pause(): void {}
  resume(): void {}
  close(now: boolean): void {
    this.flush()
    this.closed = now ? 'now' : 'gently'
  }

  /** What was flushed and not taken yet; the stream hears that it has left, where it is to. */
  take(told = true): Uint8Array {
    const bytes = concatBytes(this.#flushed.splice(0))
    if (told && bytes.length > 0) this.reader!.sent(0, bytes.length)
    return bytes
  }
}

export class Reader implements StreamReader {
  readonly stream: Stream
  readonly said: string[] = []
  readonly chunks: Uint8Array[] = []
  left = 0

  constructor(stream: Stream) {
    this.stream = stream
    stream.reader = this
  }
  get text(): string {
    return toLatin1(concatBytes(this.chunks))
  }
  opened(): void {
    this.said.push('opened')
    this.say(HELLO)
  }
  received(_now: number, views: readonly Uint8Array[]): void {
    for (const view of views) this.chunks.push(view.slice())
  }
  sent(_now: number, bytes: number): void {
    this.left += bytes
  }
  ended(_now: number, reason: ErrorCode): void {
    this.said.push(reason)
  }
  say(bytes: Uint8Array): void {
    this.stream.reserve(bytes.length).set(bytes)
    this.stream.flush()
  }
}

export const PEER = parseAddress('203.0.113.5', 6881)!

export function encryption(required = false, seed = 1): Encryption {
  const made = new Encryption(required, { crypto: nodeCrypto, random: randomFrom(Uint8Array.of(seed)) })
  made.know(TORRENT)
  return made
}

interface Dial {
  readonly carriers: Carrier[]
  readonly stream: Stream
  readonly reader: Reader
  open(): void
  end(): void
}

interface Accept {
  readonly carrier: Carrier
  readonly stream: AcceptedStream
  readonly reader: Reader
}

/** A dial of ours, and what carries it, the latest last. */
export function dial(by: Encryption = encryption()): Dial {
  const carriers: Carrier[] = []
  const stream = by.dialled(PEER, TORRENT, () => {
    carriers.push(new Carrier())
    return carriers.at(-1)!
  })
  const reader = new Reader(stream)
  const open = (): void => carriers.at(-1)!.reader!.opened(0)
  const end = (): void => carriers.at(-1)!.reader!.ended(0, 'network/ended')
  return { carriers, stream, reader, open, end }
}

export function accept(by: Encryption = encryption(false, 2)): Accept {
  const carrier = new Carrier()
  const stream = by.accepted(carrier, PEER)
  return { carrier, stream, reader: new Reader(stream) }
}

/** Passes all that both have to say, in pieces that are overwritten; what that was. */
export function converse(near: Dial, far: Accept, longest = 500): { there: Uint8Array; back: Uint8Array } {
  const carrier = near.carriers.at(-1)!
  const there: Uint8Array[] = []
  const back: Uint8Array[] = []
  for (;;) {
    const asked = carrier.take()
    const answered = far.carrier.take()
    if (asked.length + answered.length === 0) return { there: concatBytes(there), back: concatBytes(back) }
    there.push(asked)
    back.push(answered)
    inPieces(asked, dice(1), longest, (chunk) => far.carrier.reader!.received(0, [chunk]))
    inPieces(answered, dice(2), longest, (chunk) => carrier.reader!.received(0, [chunk]))
  }
}
