/**
 * `virtual-job.ts <download|seed> <peers> <pieces> <half|whole|none> <MiB>`: what a block costs one real session, with so much memory and
 * so many scripted peers, which have half of the pieces, all or none. One JSON line.
 */
import process from 'node:process'
import { encodeInfo } from '../../../src/codec/metainfo.ts'
import { MESSAGE } from '../../../src/codec/wire.ts'
import { Bitfield } from '../../../src/core/bitfield.ts'
import { readUint32 } from '../../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../../src/core/geometry.ts'
import { below, type Rng } from '../../../src/core/rng.ts'
import { MILLISECOND, SECOND } from '../../../src/core/time.ts'
import { nodeCrypto } from '../../../src/host/crypto.ts'
import { dice } from '../../support/dice.ts'
import { message, UNCHOKE, uint32 } from '../../support/hostile-peer.ts'
import { median } from '../median.ts'
import { BLOCK, LoneSession } from './lone-session.ts'
import { greeting, HANDSHAKE_LENGTH, half, headBlock, readMessages } from './scripts.ts'

export interface BlockCost {
  /** Processor time of the session for a block, in microseconds: the median of the runs, */
  readonly micros: number
  /** and of each. */
  readonly runs: readonly number[]
}

const BLOCKS_A_PIECE = 16
const PIECE_LENGTH = BLOCKS_A_PIECE * BLOCK_LENGTH
/** All peers together, so that what is done each second weighs alike: 64 MiB/s. */
const BLOCKS_A_MILLISECOND = 4
const LATENCY = MILLISECOND
/** Requests that a scripted peer takes at a time, few as in a large crowd; with larger windows fewer peers send in larger batches. */
const WINDOW = 8
/** Requests that a scripted downloader keeps with a seed. */
const QUEUE = 16
/** Blocks that are counted in a run, at most, and after how many that are not. */
const COUNTED = 16_000
const WARM = 8_000
const RUNS = 3

const [side = '', peerCount = '', pieceCount = '', pieces = '', mebibytes = ''] = process.argv.slice(2)
const [peers, count] = [Number(peerCount), Number(pieceCount)]

interface Asked {
  readonly peer: number
  readonly piece: number
  readonly begin: number
  readonly at: number
}

/** The scripted peers of one session, behind one line that passes so many blocks in a millisecond. */
class Scene {
  readonly lone: LoneSession
  /** Blocks that have passed. */
  blocks = 0
  readonly #count: number
  readonly #seeds: boolean
  readonly #dice: Rng = dice(3)
  readonly #greeted = new Set<number>()
  /** Requests of the session, in their order; those before `#answered` are. */
  #asked: Asked[] = []
  #answered = 0
  /** Bytes that have left the session and are not yet known to have, by peer, in their order. */
  #leaving: { readonly peer: number; bytes: number; blocks: number }[] = []
  #gone = 0
  readonly #frame = new Uint8Array(13 + BLOCK_LENGTH)

  constructor(seeds: boolean, count: number) {
    this.#seeds = seeds
    this.#count = count
    this.#frame.set(BLOCK, 13)
    const info = encodeInfo({
      ...{ name: 'a', pieceLength: PIECE_LENGTH, length: count * PIECE_LENGTH },
      pieces: new Uint8Array(20 * count),
    })
    this.lone = new LoneSession(
      seeds ? count * PIECE_LENGTH : -1,
      { maxPeers: 2 * peers + 100, memory: Number(mebibytes) * 1024 * 1024 },
      (stream, said, bytes) => this.#heard((stream - 1) / 2, said, bytes),
      (stream) => {
        throw new Error(`the session parted with peer ${(stream - 1) / 2}`)
      },
    )
    const infoHash = nodeCrypto.sha1(info)
    this.lone.command({
      ...{ kind: 'add', torrent: 1 },
      source: { infoHash, metadata: info, name: 'a', peers: [], nodes: [] },
      options: {
        ...{ out: '/', mode: seeds ? 'seed' : 'download', overwrite: false, recheck: false },
        maxPeers: 2 * peers + 100,
      },
    })
    this.lone.pass(SECOND)
    let others: Bitfield | undefined
    for (let peer = 0; peer < peers; peer++) {
      const [one, two] = others === undefined ? half(count, this.#dice) : [others, undefined]
      others = two
      const has = pieces === 'half' ? one : pieces === 'whole' ? Bitfield.all(count) : new Bitfield(count)
      this.lone.accepted(2 * peer + 1, `20.${1 + (peer >> 8)}.${peer & 255}.1`)
      this.lone.chunk(2 * peer + 1, [greeting(infoHash, peer, has, WINDOW)])
    }
    if (!seeds) for (let peer = 0; peer < peers; peer++) this.lone.chunk(2 * peer + 1, [UNCHOKE])
  }

  /** Until so many blocks have passed in all. */
  run(blocks: number): void {
    const idle = this.lone.now + 120 * SECOND
    while (this.blocks < blocks) {
      this.lone.pass(MILLISECOND)
      for (let i = 0; i < BLOCKS_A_MILLISECOND; i++) this.#seeds ? this.#leave() : this.#answer()
      this.#depart()
      if (this.lone.now > idle && this.blocks === 0) throw new Error('no block has passed')
    }
  }

  /** The session said this to a peer. */
  #heard(peer: number, said: Uint8Array, bytes: number): void {
    let at = 0
    let blocks = 0
    if (!this.#greeted.has(peer)) {
      this.#greeted.add(peer)
      at = HANDSHAKE_LENGTH
    }
    readMessages(
      said.subarray(at),
      (id, place) => {
        const field = (n: number): number => readUint32(said, at + place + 1 + 4 * n)
        if (id === MESSAGE.request)
          this.#asked.push({ peer, piece: field(0), begin: field(1), at: this.lone.now })
        else if (id === MESSAGE.cancel) this.#cancelled.add(this.#keyOf(peer, field(0), field(1)))
        else if (id === MESSAGE.piece) blocks += 1
        else if (id === MESSAGE.unchoke && this.#seeds) this.#wishes.push([peer, QUEUE])
        else if (id === MESSAGE.choke) this.#choked.add(peer)
        if (id === MESSAGE.unchoke) this.#choked.delete(peer)
      },
      true,
    )
    this.#leaving.push({ peer, bytes, blocks })
  }

  readonly #choked = new Set<number>()
  /** Requests to be made of the session: so many by a peer. */
  #wishes: [peer: number, requests: number][] = []

  /** Requests that were taken back and still stand among `#asked`. */
  readonly #cancelled = new Set<number>()

  #keyOf(peer: number, piece: number, begin: number): number {
    return (peer * this.#count + piece) * PIECE_LENGTH + begin
  }

  /** A block comes to the session. */
  #answer(): void {
    let next: Asked | undefined
    do {
      next = this.#asked[this.#answered]
      if (next === undefined || next.at + LATENCY > this.lone.now) return
      this.#answered += 1
    } while (this.#cancelled.delete(this.#keyOf(next.peer, next.piece, next.begin)))
    if (this.#answered >= 4096) {
      this.#asked = this.#asked.slice(this.#answered)
      this.#answered = 0
    }
    headBlock(this.#frame, next.piece, next.begin)
    this.blocks += 1
    this.lone.chunk(2 * next.peer + 1, [this.#frame])
  }

  /** A block leaves a seed, and its peer asks for another. */
  #leave(): void {
    const wishes = this.#wishes
    this.#wishes = []
    for (const [peer, requests] of wishes) {
      if (this.#choked.has(peer)) continue
      const said = Array.from({ length: requests }, () => {
        const place = [below(this.#dice, this.#count), BLOCK_LENGTH * below(this.#dice, BLOCKS_A_PIECE)]
        return message(MESSAGE.request, uint32(...place, BLOCK_LENGTH))
      })
      this.lone.chunk(2 * peer + 1, said)
    }
    let passed = 0
    while (passed < BLOCK_LENGTH && this.#gone < this.#leaving.length) {
      const first = this.#leaving[this.#gone]!
      const share = Math.min(first.bytes, BLOCK_LENGTH + 13)
      first.bytes -= share
      passed += share
      if (first.blocks > 0 && share > BLOCK_LENGTH) {
        first.blocks -= 1
        this.blocks += 1
        this.#wishes.push([first.peer, 1])
      }
      if (first.bytes === 0) this.#gone += 1
      this.lone.sent(2 * first.peer + 1, share)
    }
  }

  /** What a downloader says leaves at once. */
  #depart(): void {
    if (this.#seeds) {
      this.#leaving = this.#leaving.slice(this.#gone)
      this.#gone = 0
      return
    }
    const leaving = this.#leaving
    this.#leaving = []
    for (const { peer, bytes } of leaving) this.lone.sent(2 * peer + 1, bytes)
  }
}

/** Processor time of this process, in microseconds. */
function used(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Of the time of the run, that of the session; what others take from the processor meanwhile falls on both parts alike. */
function measure(seeds: boolean, pieceCount: number): number {
  const scene = new Scene(seeds, pieceCount)
  // The end of a download is another matter: there are no blocks left for all.
  const all = seeds ? Number.POSITIVE_INFINITY : 0.8 * pieceCount * BLOCKS_A_PIECE
  const warm = Math.min(WARM, all / 4)
  scene.run(warm)
  scene.lone.spent = 0
  const [before, began] = [used(), performance.now()]
  const from = scene.blocks
  scene.run(Math.min(warm + COUNTED, all))
  const share = scene.lone.spent / (performance.now() - began)
  return (share * (used() - before)) / (scene.blocks - from)
}

const seeds = side === 'seed'
// What the runtime compiles is not to be measured with the first.
measure(seeds, 2000)
const runs = Array.from({ length: RUNS }, () => measure(seeds, count))
const cost: BlockCost = { micros: median(runs), runs }
console.log(JSON.stringify(cost))
