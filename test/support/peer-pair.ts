/** Peer machines in virtual time: two of them back to back, or one against a scripted remote that speaks raw bytes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { PeerExchangeMessage } from '../../src/codec/peer-exchange.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { concatBytes, toHex } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { type Micros, NEVER, SECOND } from '../../src/core/time.ts'
import type { Claim } from '../../src/peer/peer-owner.ts'
import type { PeerInit, PeerOwner, PeerTerms } from '../../src/peer/peer-wire.ts'
import { PeerWire } from '../../src/peer/peer-wire.ts'

export const INFO_HASH: Uint8Array = new Uint8Array(20).fill(0xaa)
export const OWN_ID: Uint8Array = new Uint8Array(20).fill(0x4c)
export const REMOTE_ID: Uint8Array = new Uint8Array(20).fill(0x52)
/** Four pieces of two blocks each, the last one a block and a byte. */
export const GEOMETRY: Geometry = new Geometry(3 * 2 * BLOCK_LENGTH + BLOCK_LENGTH + 1, 2 * BLOCK_LENGTH)

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest()
}

export function address(text = '203.0.113.7', port = 6881): Address {
  return parseAddress(text, port)!
}

export function bits(length: number, ...pieces: number[]): Bitfield {
  const field = new Bitfield(length)
  for (const piece of pieces) field.add(piece)
  return field
}

export function fullBits(length: number): Bitfield {
  const field = new Bitfield(length)
  field.fill()
  return field
}

const RAMP = Uint8Array.from({ length: 256 + BLOCK_LENGTH }, (_, i) => (i * 7) ^ (i >> 8))

/** What the block at this place holds. */
export function contentOf(piece: number, begin: number, length: number): Uint8Array {
  const start = (piece * 31 + begin) & 0xff
  return RAMP.slice(start, start + length)
}

/** Writes down what it is told; serves and requests as its fields say. */
class RecordingOwner implements PeerOwner {
  readonly events: string[] = []
  /** Bytes written per block: `piece:begin`, joined. */
  readonly written = new Map<string, Uint8Array>()
  claims: Claim = 'stream'
  /** Asked for at refill, in order; entries leave as they are requested. */
  wanted: { piece: number; begin: number; length: number }[] = []
  /** Whether `serve` is answered at once with `contentOf`. */
  serves = true
  /** Called with each event, at the moment it happens. */
  onEvent: (name: string, peer: PeerWire, now: Micros) => void = () => undefined

  #current = ''

  /** Events whose name is one of `names`, or all. */
  only(...names: string[]): string[] {
    return this.events.filter((event) => names.length === 0 || names.includes(event.split(' ')[0]!))
  }

  #note(peer: PeerWire, now: Micros, name: string, ...details: unknown[]): void {
    this.events.push([name, ...details].join(' '))
    this.onEvent(name, peer, now)
  }

  readonly hashes: PeerOwner['hashes'] = {
    requested: (peer, now, { base, index, length, proofs }) =>
      this.#note(peer, now, 'hashes-requested', base, index, length, proofs),
    given: (peer, now, { index, length }, nodes) =>
      this.#note(peer, now, 'hashes-given', index, length, nodes.length),
    rejected: (peer, now, { index, length }) => this.#note(peer, now, 'hashes-rejected', index, length),
  }

  ready(peer: PeerWire, now: Micros): void {
    this.#note(peer, now, 'ready')
  }
  extended(peer: PeerWire, now: Micros): void {
    this.#note(peer, now, 'extended')
  }
  choked(peer: PeerWire, now: Micros): void {
    this.#note(peer, now, 'choked')
  }
  unchoked(peer: PeerWire, now: Micros): void {
    this.#note(peer, now, 'unchoked')
  }
  interest(peer: PeerWire, now: Micros, interested: boolean): void {
    this.#note(peer, now, 'interest', interested)
  }
  piecesReplaced(peer: PeerWire, now: Micros, before: Bitfield | undefined): void {
    this.#note(peer, now, 'pieces', before?.count ?? 'none', peer.pieces!.count)
  }
  have(peer: PeerWire, now: Micros, piece: number): void {
    this.#note(peer, now, 'have', piece)
  }
  lost(peer: PeerWire, now: Micros, piece: number): void {
    this.#note(peer, now, 'lost', piece)
  }
  allowedFast(peer: PeerWire, now: Micros, piece: number): void {
    this.#note(peer, now, 'allowedFast', piece)
  }
  claim(_peer: PeerWire, piece: number, begin: number, length: number): Claim {
    this.events.push(`claim ${piece} ${begin} ${length}`)
    this.#current = `${piece}:${begin}`
    if (this.claims !== 'discard') this.written.set(this.#current, new Uint8Array(0))
    return this.claims
  }
  write(_peer: PeerWire, piece: number, offset: number, view: Uint8Array): void {
    const sofar = this.written.get(this.#current)!
    const [at, begin] = this.#current.split(':').map(Number)
    assert.equal(at, piece)
    assert.equal(offset, begin! + sofar.length, 'blocks are written in order and without gaps')
    this.written.set(this.#current, concatBytes([sofar, view]))
  }
  block(peer: PeerWire, now: Micros, piece: number, begin: number, length: number): void {
    this.#note(peer, now, 'block', piece, begin, length)
  }
  released(peer: PeerWire, now: Micros, piece: number, begin: number, length: number, cause: string): void {
    this.#note(peer, now, 'released', piece, begin, length, cause)
  }
  wasted(peer: PeerWire, now: Micros, bytes: number, cause: string): void {
    this.#note(peer, now, 'wasted', bytes, cause)
  }
  refill(peer: PeerWire, now: Micros): void {
    while (peer.wantsRequests(now)) {
      const next = this.wanted[0]
      if (!next || !peer.request(now, next.piece, next.begin, next.length)) break
      this.wanted.shift()
    }
  }
  serve(peer: PeerWire, now: Micros, piece: number, begin: number, length: number): void {
    this.#note(peer, now, 'serve', piece, begin, length)
    if (this.serves) peer.deliver(now, piece, begin, length, contentOf(piece, begin, length))
  }
  metadataRequested(peer: PeerWire, now: Micros, piece: number): void {
    this.#note(peer, now, 'metadataRequested', piece)
  }
  metadataData(
    peer: PeerWire,
    now: Micros,
    piece: number,
    totalSize: number | undefined,
    bytes: Uint8Array,
  ): void {
    this.#note(peer, now, 'metadataData', piece, totalSize, toHex(bytes.subarray(0, 8)), bytes.length)
  }
  metadataRejected(peer: PeerWire, now: Micros, piece: number): void {
    this.#note(peer, now, 'metadataRejected', piece)
  }
  peersNamed(peer: PeerWire, now: Micros, { added, dropped }: PeerExchangeMessage): void {
    const named = added.map(({ address, flags }) => `+${address.text}/${flags}`)
    this.#note(peer, now, 'peersNamed', ...named, ...dropped.map(({ text }) => `-${text}`))
  }
  dhtPort(peer: PeerWire, now: Micros, port: number): void {
    this.#note(peer, now, 'dhtPort', port)
  }
  closed(peer: PeerWire, now: Micros, reason: string, severity: string): void {
    this.#note(peer, now, 'closed', reason, severity)
  }
}

export interface StationSetup extends Partial<Omit<PeerInit, 'effects' | 'terms'>> {
  readonly terms?: Partial<PeerTerms>
  /** Incoming: the torrent is not known here. */
  readonly stranger?: boolean
}

/** One machine with a clock, a stream that takes everything it is given, and a recording owner. */
export class Station {
  now: Micros = 1_000
  readonly owner = new RecordingOwner()
  readonly peer: PeerWire
  /** Whether what is sent leaves at once; otherwise it stays unsent. */
  drains = true
  /** How often it asked to be looked at, apart from its own inputs. */
  touches = 0
  /** How the machine ended the stream. */
  closed: 'flushed' | 'reset' | undefined
  readonly #queue: Uint8Array[] = []
  #unsent = 0

  constructor(setup: StationSetup = {}) {
    const { terms, stranger, ...rest } = setup
    const whole: PeerTerms = {
      infoHash: INFO_HASH,
      owner: this.owner,
      geometry: GEOMETRY,
      pieces: bits(GEOMETRY.pieceCount),
      metadataSize: undefined,
      dht: true,
      listenPort: () => 6881,
      private: false,
    }
    // What is given may be live: its getters stay such.
    Object.defineProperties(whole, Object.getOwnPropertyDescriptors(terms ?? {}))
    const outgoing = setup.outgoing ?? false
    this.peer = new PeerWire({
      now: this.now,
      address: address(),
      ownPeerId: OWN_ID,
      sha1,
      ...rest,
      outgoing,
      ...(outgoing ? { terms: whole } : {}),
      identify: (_peer, infoHash) =>
        !stranger && toHex(infoHash) === toHex(whole.infoHash) ? whole : undefined,
      effects: {
        reserve: (length) => {
          const room = new Uint8Array(length)
          this.#queue.push(room)
          this.#unsent += length
          return room
        },
        send: (view) => {
          this.#queue.push(view)
          this.#unsent += view.length
        },
        close: (now) => {
          assert.equal(this.closed, undefined, 'the stream is closed once')
          this.closed = now ? 'reset' : 'flushed'
        },
        touch: () => {
          this.touches += 1
        },
      },
    })
  }

  /** One input with bytes, then the end of the round. */
  receive(chunk: Uint8Array): void {
    // Bytes are lent: whoever keeps the view finds it overwritten.
    const lent = chunk.slice()
    this.peer.receive(this.now, lent)
    lent.fill(0xee)
    this.settle()
  }

  /** The end of a round: what was queued leaves, until there is no more. */
  settle(): void {
    this.peer.settle(this.now)
    while (this.drains && this.#unsent > 0) {
      const bytes = this.#unsent
      this.#unsent = 0
      this.peer.sent(this.now, bytes)
      this.peer.settle(this.now)
    }
  }

  /** Of a stream that does not drain by itself: bytes that wait. */
  get unsent(): number {
    return this.#unsent
  }

  /** So many of them leave. */
  drain(bytes: number): void {
    const left = Math.min(bytes, this.#unsent)
    this.#unsent -= left
    this.peer.sent(this.now, left)
    this.peer.settle(this.now)
  }

  /** Takes what was sent since the last time. */
  take(): Uint8Array {
    const bytes = concatBytes(this.#queue)
    this.#queue.length = 0
    return bytes
  }

  /** Lets time pass, with each tick at its deadline. */
  pass(duration: Micros): void {
    const end = this.now + duration
    for (;;) {
      const next = this.peer.nextDeadline()
      if (next > end) break
      this.now = Math.max(this.now, next)
      this.peer.tick(this.now)
      assert.ok(this.peer.nextDeadline() > this.now, 'after a tick the next deadline lies ahead')
      this.settle()
    }
    this.now = end
  }
}

export interface PairSetup {
  readonly left?: StationSetup
  readonly right?: StationSetup
  readonly latency?: Micros
}

/** Two machines back to back; bytes arrive `latency` after they were sent, cut as `cut` says. */
export class PeerPair {
  readonly left: Station
  readonly right: Station
  readonly #latency: Micros
  readonly #flying: { at: Micros; to: Station; bytes: Uint8Array }[] = []
  /** Lengths of the pieces into which a run of bytes falls on its way. */
  cut: (length: number) => number = (length) => length

  constructor(setup: PairSetup = {}) {
    this.left = new Station({ ownPeerId: OWN_ID, ...setup.left, outgoing: true })
    this.right = new Station({ ownPeerId: REMOTE_ID, ...setup.right, outgoing: false })
    this.#latency = setup.latency ?? 10_000
  }

  /** Runs both until `duration` has passed. */
  run(duration: Micros = SECOND): void {
    const end = this.left.now + duration
    for (;;) {
      this.#collect(this.left, this.right)
      this.#collect(this.right, this.left)
      const next = Math.min(
        this.#flying[0]?.at ?? NEVER,
        this.left.peer.nextDeadline(),
        this.right.peer.nextDeadline(),
      )
      const now = Math.min(end, next)
      this.left.now = now
      this.right.now = now
      if (next > end) return
      for (const station of [this.left, this.right]) {
        if (station.peer.nextDeadline() > now) continue
        station.peer.tick(now)
        station.settle()
      }
      while (this.#flying[0] && this.#flying[0].at <= now) {
        const { to, bytes } = this.#flying.shift()!
        to.receive(bytes)
      }
    }
  }

  #collect(from: Station, to: Station): void {
    from.settle()
    let bytes = from.take()
    while (bytes.length > 0) {
      const length = Math.max(1, Math.min(bytes.length, this.cut(bytes.length)))
      this.#flying.push({ at: from.now + this.#latency, to, bytes: bytes.slice(0, length) })
      bytes = bytes.subarray(length)
    }
  }
}
