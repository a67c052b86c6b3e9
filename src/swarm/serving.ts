import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import type { RateMeter } from '../core/rate.ts'
import type { Micros } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { Crowd } from './crowd.ts'
import type { Download } from './download.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { ServedCheck } from './served-check.ts'
import { Spread } from './spread.ts'
import type { BlockSource } from './swarm-policies.ts'
import type { TorrentEffects } from './torrent-effects.ts'

export interface ServingInit {
  readonly crowd: Crowd
  readonly download: Download
  readonly blocks: BlockSource
  readonly geometry: Geometry
  /** Most pieces suggested to a peer at a time, 0 for none. */
  readonly suggested: number
  readonly effects: TorrentEffects
  readonly up: RateMeter
  readonly check: ServedCheck
}

/** Blocks that a remote asks for ahead, at the least: what it begins with (`startDepth`). */
const FEWEST_AHEAD = 8
/** What it asks for ahead later (`targetQueue`), the way there and back included, in seconds of what it gets. */
const SECONDS_AHEAD = 1.5

/** What others get from us: the blocks that they ask for, and while nobody else has it all, advice what to ask for (BEP 6). */
export class Serving {
  readonly #init: ServingInit
  readonly #spread: Spread

  constructor(init: ServingInit) {
    this.#init = init
    const { picker } = init.download
    this.#spread = new Spread({
      pieceCount: init.geometry.pieceCount,
      blocks: init.geometry.blocksOf(0),
      most: init.suggested,
      availabilityOf: (piece) => picker.availabilityOf(piece),
    })
  }

  block(peer: PeerWire, now: Micros, piece: number, begin: number, length: number): void {
    const { blocks, check, crowd, effects, up } = this.#init
    const slot = crowd.slotOf(peer)
    if (slot !== undefined && this.#spread.taken(slot.key, piece)) this.advise(now, slot)
    check.served(piece, length)
    blocks.read(piece, begin, length, (at, view, failure) => {
      if (failure !== undefined) effects.event({ kind: 'unreadable', failure })
      if (view === undefined) peer.refuse(at, piece, begin, length)
      else {
        crowd.moved(at, peer)
        up.add(at, length)
        peer.deliver(at, piece, begin, length, view)
      }
    })
  }

  /** Whom we unchoke is told what to ask for; what was suggested to others in vain is free again. */
  adviseAll(now: Micros): void {
    if (!this.#init.download.isSoleSource) return
    for (const slot of this.#init.crowd.slots.values()) this.advise(now, slot)
  }

  advise(now: Micros, { key, peer, held }: PeerSlot): void {
    if (peer.amChoking) this.#spread.release(key)
    else if (peer.remote.fast && this.#init.download.isSoleSource) {
      for (const piece of this.#spread.next(key, held, aheadAt(peer.up.rate(now)))) peer.suggest(now, piece)
    }
  }

  gone(slot: PeerSlot): void {
    this.#spread.forget(slot.key)
  }
}

function aheadAt(rate: number): number {
  return Math.max(FEWEST_AHEAD, Math.ceil((rate * SECONDS_AHEAD) / BLOCK_LENGTH))
}
