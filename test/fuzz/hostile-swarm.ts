import assert from 'node:assert/strict'
import { encodeInfo, type Info, parseInfo } from '../../src/codec/metainfo.ts'
import type { Address } from '../../src/core/address.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { RateLimits } from '../../src/core/rate-limit.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { PeerWire } from '../../src/peer/peer-wire.ts'
import { resolveSwarmOptions } from '../../src/swarm/options.ts'
import { PieceBudget } from '../../src/swarm/piece-budget.ts'
import { Torrent } from '../../src/swarm/torrent.ts'
import type { PieceStore } from '../../src/swarm/torrent-effects.ts'
import { dice } from '../support/dice.ts'
import { OWN_ID } from '../support/peer-pair.ts'
import { globalAddress } from '../support/virtual-dht.ts'
import { HostileStream } from './hostile-stream.ts'
import { secondInfo, secondLibrary } from './second-info.ts'
import type { FuzzTarget } from './target.ts'

/** Bytes that the remote of `stream` sends next. */
export type Attack = (stream: HostileStream, rng: Rng) => Uint8Array

/** What it lacks at first. */
type Phase = 'metadata' | 'hashes' | 'active'

const PIECE_LENGTH = 2 * BLOCK_LENGTH
const PIECES = 40
const NAMES = 1_500

/** An info dictionary of three metadata pieces. */
const INFO: Info = parseInfo(
  encodeInfo({
    name: 'n',
    pieceLength: PIECE_LENGTH,
    pieces: new Uint8Array(20 * PIECES).fill(0x55),
    files: Array.from({ length: NAMES }, (_, i) => ({
      path: [`f${i}`],
      length: i === 0 ? PIECES * PIECE_LENGTH : 0,
    })),
  }),
  nodeCrypto,
)

/** The same of version 2; its hashes of pieces are asked of the peers. */
const SECOND: Info = secondInfo()
const LIBRARY = secondLibrary()

/** Connections at once; each case is one of them that says something more, or a new one. */
const MOST_STREAMS = 24
const HOSTS = 20_000
const OPTIONS = resolveSwarmOptions({ connections: 20, candidates: 300, bans: 200 })

/**
 * One torrent under hostile peers, in virtual time: they dial it and are dialled by it, say what `attack` makes up, in pieces cut at
 * random, and go. Throws with what was said last when a machine throws or keeps more than its caps allow.
 */
export class HostileSwarm implements FuzzTarget {
  fed = 0
  /** Chunks with blocks that came; whole dictionaries; peers that were named and taken; whole layers of hashes; streams that we ended. */
  #blocks = 0
  #metadata = 0
  #named = 0
  #trees = 0
  #ended = 0
  readonly #memory = new PieceBudget(32 * 1024 * 1024)
  readonly #rng: Rng
  readonly #attack: Attack
  readonly #phase: Phase
  /** What the torrent is. */
  readonly #info: Info
  readonly #streams: HostileStream[] = []
  readonly #dials: Address[] = []
  /** Answers of the store, given in a later input. */
  #answers: ((now: Micros) => void)[] = []
  #torrent!: Torrent
  #now: Micros = 0

  constructor(seed: number, phase: Phase, attack: Attack) {
    this.#rng = dice(seed)
    this.#phase = phase
    this.#info = phase === 'hashes' ? SECOND : INFO
    this.#attack = attack
    this.#begin()
  }

  step(clock: () => void = () => {}): void {
    const rng = this.#rng
    const stream = this.#choose()
    const bytes = this.#attack(stream, rng)
    this.fed += 1
    try {
      clock()
      this.#feed(stream, bytes)
      this.#pass()
      clock()
      this.#checkCaps(stream)
    } catch (error) {
      throw new Error(`${String(error)} at ${bytes.length} bytes: ${toHex(bytes.subarray(0, 4_000))}`, {
        cause: error,
      })
    }
  }

  summary(): string {
    const { candidates, banned } = this.#torrent.crowd.pool.counts()
    const kept = `${this.#torrent.crowd.slots.size} peers, ${candidates} candidates, ${banned} bans`
    return `${this.#blocks} chunks of blocks, ${this.#metadata} whole metadata, ${this.#named} peers named, ${this.#trees} whole layers, ${this.#ended} streams ended by us; kept: ${kept}`
  }

  #begin(): void {
    const rng = this.#rng
    this.#torrent = new Torrent({
      now: this.#now,
      infoHash: this.#info.infoHash,
      v2Hash: this.#info.v2?.infoHash,
      peerId: OWN_ID,
      options: OPTIONS,
      account: this.#memory.join(),
      dice: rng,
      ...{ sha1: nodeCrypto.sha1, sha256: nodeCrypto.sha256 },
      limits: new RateLimits(this.#now, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      listenPort: () => 6881,
      dhtPort: 6881,
      effects: {
        dial: (address) => this.#dial(address),
        punch: (address) => this.#dial(address),
        own: () => [],
        touch: () => {},
        event: (event) => {
          if (event.kind === 'metadata') {
            this.#metadata += 1
            this.#answers.push((now) => this.#activate(now))
          }
          if (event.kind === 'layers') {
            assert.deepEqual(event.bytes, LIBRARY.trees.nodes)
            this.#trees += 1
            this.#answers.push((now) => this.#start(now))
          }
          if (event.kind === 'peer' && event.source === 'pex') this.#named += 1
        },
      },
    })
    if (this.#phase !== 'metadata') this.#activate(this.#now)
  }

  #dial(address: Address): boolean {
    if (below(this.#rng, 16) === 0) return false
    this.#dials.push(address)
    return true
  }

  /** The metadata is known, and the store is there. */
  #activate(now: Micros): void {
    this.#torrent.metadataKnown(now, this.#info)
    if (this.#phase !== 'hashes') this.#start(now)
  }

  #start(now: Micros): void {
    const have = new Bitfield(PIECES)
    for (let piece = 0; piece < PIECES / 4; piece++) have.add(piece)
    this.#torrent.begin(now, this.#info, have, undefined, this.#store())
  }

  /** Remembers nothing, and says of one piece in four that its hash is right. */
  #store(): PieceStore {
    const later = (answer: (now: Micros) => void): void => void this.#answers.push(answer)
    const right = new Uint8Array(20).fill(0x55)
    return {
      write: (piece, offset, view) => {
        assert.ok(piece < PIECES && offset >= 0 && offset + view.length <= PIECE_LENGTH, 'beyond its piece')
      },
      hash: (_piece, done) =>
        later((now) => done(now, below(this.#rng, 4) === 0 ? right : new Uint8Array(20), undefined)),
      leaves: (piece, begin, length, done) => {
        assert.ok(begin + length <= PIECE_LENGTH, 'beyond its piece')
        const leaves = LIBRARY.leavesOf(piece).slice()
        if (below(this.#rng, 4) === 0) leaves[below(this.#rng, leaves.length)]! ^= 1
        later((now) => done(now, leaves, undefined))
      },
      digests: (_piece, _begin, length, done) => {
        const digests = new Uint8Array(20 * Math.ceil(length / BLOCK_LENGTH)).fill(below(this.#rng, 4))
        later((now) => done(now, digests, undefined))
      },
      flush: (_piece, _begin, _length, done) => later((now) => done(now, undefined, undefined)),
      release: () => {},
      read: (piece, begin, length, done) => {
        assert.ok(piece < PIECES && begin + length <= PIECE_LENGTH && length <= BLOCK_LENGTH)
        later((now) => done(now, new Uint8Array(length), undefined))
      },
      recordWriting: (_piece, done) => later(done),
      recordWritten: () => {},
      recordDropped: () => {},
    }
  }

  /** A stream that is there, or a new one, dialled by either side. */
  #choose(): HostileStream {
    const rng = this.#rng
    const { length } = this.#streams
    if (length > 0 && below(rng, 4) !== 0) return this.#streams[below(rng, length)]!
    if (length >= MOST_STREAMS) this.#streams.shift()!.hangUp(this.#now)
    const address = this.#dials.shift()
    while (this.#dials.length > 0) this.#torrent.dialFailed(this.#now, this.#dials.shift()!, 'stream/refused')
    const outgoing = address !== undefined
    const from = address ?? globalAddress(below(rng, HOSTS))
    const stream = new HostileStream(from, outgoing, this.#info)
    const { effects } = stream
    const init = {
      now: this.#now,
      address: from,
      outgoing,
      ownPeerId: OWN_ID,
      effects,
      ...{ sha1: nodeCrypto.sha1, sha256: nodeCrypto.sha256 },
      identify: (_peer: PeerWire, infoHash: Uint8Array) => {
        const known = equalBytes(infoHash, this.#info.infoHash) && this.#torrent.crowd.admits(this.#now, from)
        return known ? this.#torrent.terms() : undefined
      },
      ...(outgoing ? { terms: this.#torrent.terms() } : {}),
    }
    stream.peer = new PeerWire(init)
    this.#streams.push(stream)
    return stream
  }

  /** In one piece or in many. */
  #feed(stream: HostileStream, bytes: Uint8Array): void {
    const rng = this.#rng
    const longest = [1 + bytes.length, 1 + bytes.length, 1_448, 40][below(rng, 4)]!
    for (let at = 0; at < bytes.length; ) {
      const chunk = bytes.slice(at, at + 1 + below(rng, longest))
      at += chunk.length
      const before = stream.peer.down.total
      stream.peer.receive(this.#now, chunk)
      if (stream.peer.down.total > before) this.#blocks += 1
      // What was lent is overwritten.
      chunk.fill(0xee)
      this.#settle(stream)
    }
  }

  #settle(stream: HostileStream): void {
    stream.settle(this.#now)
    this.#torrent.settle(this.#now)
  }

  #pass(): void {
    const rng = this.#rng
    // Mostly a moment, now and then longer than any patience.
    this.#now += below(rng, 500) === 0 ? 150_000 * MILLISECOND : below(rng, 200) * MILLISECOND
    const answers = this.#answers
    this.#answers = []
    for (const answer of answers) answer(this.#now)
    if (this.#torrent.nextDeadline(this.#now) <= this.#now) this.#torrent.tick(this.#now)
    assert.ok(this.#torrent.nextDeadline(this.#now) > this.#now, 'after a tick the next deadline lies ahead')
    for (const stream of this.#streams) {
      if (stream.peer.nextDeadline() <= this.#now) stream.peer.tick(this.#now)
      assert.ok(stream.peer.nextDeadline() > this.#now, 'after a tick the next deadline lies ahead')
      this.#settle(stream)
    }
    for (let i = this.#streams.length - 1; i >= 0; i--) {
      if (!this.#streams[i]!.over) continue
      this.#ended += 1
      this.#streams.splice(i, 1)
    }
    const { download } = this.#torrent
    const whole = this.#phase === 'metadata' ? download !== undefined : download?.complete === true
    // Another torrent, when there is nothing more to be had; and now and then in any case.
    if ((whole && below(rng, 50) === 0) || below(rng, 20_000) === 0) this.#again()
  }

  #again(): void {
    this.#torrent.stop(this.#now)
    for (const stream of this.#streams) stream.hangUp(this.#now)
    this.#streams.length = 0
    this.#dials.length = 0
    this.#answers = []
    this.#begin()
  }

  #checkCaps({ peer, outbox }: HostileStream): void {
    const { crowd, download } = this.#torrent
    const { candidates, banned, dialling } = crowd.pool.counts()
    assert.ok(crowd.slots.size <= OPTIONS.connections, `${crowd.slots.size} peers`)
    assert.ok(candidates <= OPTIONS.candidates, `${candidates} candidates`)
    assert.ok(banned <= 3 * OPTIONS.bans && dialling <= OPTIONS.halfOpen, `${banned} bans`)
    assert.ok(crowd.punching!.pending <= 64 + OPTIONS.halfOpen, `${crowd.punching!.pending} punches`)
    assert.ok(peer.outstanding <= 500 && peer.grants.size <= 100, `${peer.outstanding} requests`)
    assert.ok(outbox <= 1024 * 1024, `${outbox} bytes wait for one peer`)
    assert.ok((download?.tracker.openCount ?? 0) <= OPTIONS.openPieces)
    assert.ok(this.#memory.credit.most <= this.#memory.credit.limit)
  }
}
