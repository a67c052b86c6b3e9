import type { Bitfield } from '../core/bitfield.ts'
import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import type { RateMeter } from '../core/rate.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { Crowd } from './crowd.ts'
import type { Download } from './download.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { ServedCheck } from './served-check.ts'
import { Spread } from './spread.ts'
import { SuperSeeding } from './super-seeding.ts'
import type { BlockSource } from './swarm-policies.ts'
import type { TorrentEffects } from './torrent-effects.ts'

export interface ServingInit {
  readonly crowd: Crowd
  readonly download: Download
  readonly blocks: BlockSource
  readonly geometry: Geometry
  readonly options: Pick<SwarmOptions, 'suggestedPieces' | 'superSeed'>
  /** What we say we have, live. */
  readonly claimed: Bitfield
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
  /** In place of advice. */
  readonly #superSeeding: SuperSeeding | undefined

  constructor(init: ServingInit) {
    this.#init = init
    const { picker } = init.download
    const { suggestedPieces, superSeed } = init.options
    this.#spread = new Spread({
      pieceCount: init.geometry.pieceCount,
      blocks: init.geometry.blocksOf(0),
      most: Math.max(superSeed, suggestedPieces),
      availabilityOf: (piece) => picker.availabilityOf(piece) + (this.#superSeeding?.unsaid(piece) ?? 0),
    })
    if (superSeed === 1) this.#superSeeding = new SuperSeeding(this.#spread, init.geometry)
  }

  block(peer: PeerWire, now: Micros, piece: number, begin: number, length: number): void {
    const { blocks, check, crowd, effects, up } = this.#init
    const slot = crowd.slotOf(peer)
    if (slot !== undefined) {
      this.#superSeeding?.sent(slot, piece, length)
      if (this.#spread.taken(slot.key, piece)) this.advise(now, slot)
    }
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
    if (this.#superSeeding === undefined && !this.#init.download.isSoleSource) return
    for (const slot of this.#init.crowd.slots.values()) this.advise(now, slot)
  }

  advise(now: Micros, slot: PeerSlot): void {
    const { key, peer, held } = slot
    if (this.#superSeeding !== undefined)
      this.#superSeeding.show(now, slot, aheadAt(peer.up.rate(now)), this.#isAlone(slot))
    else if (peer.amChoking) this.#spread.release(key)
    else if (peer.remote.fast && this.#init.download.isSoleSource) {
      for (const piece of this.#spread.next(key, held, aheadAt(peer.up.rate(now)))) peer.suggest(now, piece)
    }
  }

  /** When `adviseAll` is due. */
  get deadline(): Micros {
    return this.#superSeeding?.deadline ?? NEVER
  }

  /** A peer is here, or has got another piece: perhaps the one that it was shown. */
  heard(now: Micros, slot: PeerSlot | undefined): void {
    if (this.#superSeeding === undefined || slot === undefined) return
    this.#superSeeding.heard(slot)
    this.advise(now, slot)
  }

  /** Whether a newcomer may fetch some pieces while we choke it (BEP 6). */
  get grants(): boolean {
    const { crowd, download } = this.#init
    return this.#superSeeding === undefined && (!download.isSoleSource || crowd.grants)
  }

  /** Whether we say that we want nothing more (BEP 21). */
  get satisfied(): boolean {
    return this.#superSeeding === undefined && this.#init.download.complete
  }

  /** What a new connection is told that we have. */
  claimed(): Bitfield {
    return this.#superSeeding?.nothing() ?? this.#init.claimed
  }

  gone(slot: PeerSlot): void {
    this.#superSeeding?.gone(slot)
    this.#spread.forget(slot.key)
  }

  /** Nobody else here lacks anything: what one gets is passed on to nobody. */
  #isAlone(slot: PeerSlot): boolean {
    for (const other of this.#init.crowd.slots.values()) if (other !== slot && !other.sated) return false
    return true
  }
}

function aheadAt(rate: number): number {
  return Math.max(FEWEST_AHEAD, Math.ceil((rate * SECONDS_AHEAD) / BLOCK_LENGTH))
}
