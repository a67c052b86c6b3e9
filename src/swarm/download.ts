import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { RateLimit } from '../core/rate-limit.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import { Blame, type Verdict } from './blame.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerSlot } from './peer-slot.ts'
import { Picker, type PickerInit, type PiecePicker } from './picker.ts'
import type { PieceAccount } from './piece-budget.ts'
import { PieceFinisher } from './piece-finisher.ts'
import type { PeerKey } from './piece-tracker.ts'
import { PieceTracker } from './piece-tracker.ts'
import type { PieceStore, StoreFailure } from './torrent-effects.ts'
import { WorkLine } from './work-line.ts'

/** How often peers without work are looked at for a piece to take over. */
const RELIEF_INTERVAL = 5 * SECOND
/** A torrent to which no block has come for so long gives up a piece, while another waits for memory. */
const HOARDING = 30 * SECOND

/** What the torrent learns from its download. */
export interface DownloadOutcome {
  /** Verified and written: may be announced. */
  gained(now: Micros, piece: number): void
  /** Supplied wrong data, provably. */
  guilty(now: Micros, peer: PeerKey, piece: number): void
  /** Work has appeared for peers that found none. */
  workAppeared(): void
  trouble(now: Micros, failure: StoreFailure): void
  recovered(now: Micros): void
}

export interface DownloadInit {
  readonly now: Micros
  readonly geometry: Geometry
  /** 20 bytes per piece. */
  readonly hashes: Uint8Array
  /** What is on disk and right; kept up to date. */
  readonly have: Bitfield
  /** What is to be fetched. */
  readonly wanted: Bitfield
  readonly options: SwarmOptions
  readonly dice: Rng
  readonly store: PieceStore
  /** Its part of the memory for pieces. */
  readonly account: PieceAccount
  readonly limit: RateLimit
  readonly slots: ReadonlyMap<PeerKey, PeerSlot>
  readonly outcome: DownloadOutcome
  readonly picker?: ((init: PickerInit) => PiecePicker) | undefined
}

/** Getting pieces: what to ask of whom, what arrives, what becomes of a whole piece, and who is to blame when it is wrong. */
export class Download {
  readonly tracker: PieceTracker
  readonly picker: PiecePicker
  /** Payload bytes fetched in vain. */
  wasted = 0
  /** Of those: in pieces whose hash was wrong. */
  spoiled = 0
  readonly #init: DownloadInit
  readonly #finisher: PieceFinisher
  readonly #blame = new Blame()
  /** Peers that want requests and got none for lack of work, */
  readonly hungry: WorkLine<PeerSlot> = new WorkLine()
  /** or because the rate or the disk did not allow any. */
  readonly #waiting = new Set<PeerSlot>()
  #rateAllowsAt: Micros = NEVER
  /** Something was asked for since the limit was last in the way. */
  #hadShare = false
  #reliefAt: Micros
  /** When a block last came, or a piece was given up. */
  #gotAt: Micros
  #now: Micros

  constructor(init: DownloadInit) {
    this.#init = init
    this.#now = init.now
    this.#reliefAt = init.now + RELIEF_INTERVAL
    this.#gotAt = init.now
    this.tracker = new PieceTracker(init.geometry, init.have, init.account, init.wanted)
    const choices: PickerInit = {
      tracker: this.tracker,
      dice: init.dice,
      options: init.options,
      anyProven: () => [...init.slots.values()].some((slot) => slot.proven && !slot.peer.choking),
      rateOf: (key) => {
        const slot = init.slots.get(key)
        // Whoever drips bytes and never ends a block must not count as faster than those who have nothing to do.
        return slot?.proven ? slot.peer.down.rate(this.#now) : 0
      },
    }
    this.picker = init.picker?.(choices) ?? new Picker(choices)
    this.#finisher = new PieceFinisher(init.geometry, init.store, init.hashes, {
      owed: (bytes) => init.account.owe(bytes),
      written: (piece, length) => {
        this.tracker.written(piece, length)
        init.outcome.workAppeared()
      },
      finished: (now, piece) => this.#finished(now, piece),
      wrong: (now, piece, digests) => this.#wrong(now, piece, digests),
      awaits: (piece) => this.#blame.awaits(piece),
      right: (now, piece, digests) => this.#carryOut(now, piece, this.#blame.compared(piece, digests)),
      unreadable: (_now, piece) => {
        // The disk's fault: nobody is blamed (CL14).
        this.wasted += init.geometry.lengthOf(piece)
        this.tracker.abandon(piece)
        init.outcome.workAppeared()
      },
      trouble: (now, failure) => init.outcome.trouble(now, failure),
      recovered: (now) => {
        this.#resume()
        init.outcome.recovered(now)
      },
    })
  }

  get complete(): boolean {
    return this.tracker.complete
  }

  /** We are complete, and there is a piece that no other connected peer has. */
  get isSoleSource(): boolean {
    return this.complete && this.picker.hasUnshared
  }

  /** Writes fail: nothing new is requested. */
  get troubled(): boolean {
    return this.#finisher.troubled
  }

  /** See `PieceFinisher.backlog`. */
  get backlog(): { readonly hashing: number; readonly writing: number } {
    return this.#finisher.backlog
  }

  /** There are pieces to be opened, and those that are open take all the memory that they may. */
  get crowded(): boolean {
    const { openCount, lacking } = this.tracker
    if (openCount === 0 || openCount >= lacking) return false
    return openCount >= this.#init.options.openPieces || !this.tracker.affords(0)
  }

  /** What keeps us from asking a peer for more that would take it: the limit, a disk that refuses, or that there is nothing to ask for. */
  keptFrom(slot: PeerSlot): 'rate' | 'disk' | 'work' | undefined {
    if (this.#waiting.has(slot)) return this.troubled ? 'disk' : 'rate'
    return this.hungry.has(slot) ? 'work' : undefined
  }

  /** Fills the pipeline of one peer. */
  refill(now: Micros, slot: PeerSlot): void {
    this.#now = now
    const waited = this.idle(slot)
    const { peer } = slot
    if (this.complete) return
    if (this.troubled) {
      this.#waiting.add(slot)
      return
    }
    slot.measure(this.#init.geometry.pieceLength)
    while (peer.wantsRequests(now)) {
      if (!this.#init.limit.ready(now)) {
        this.#waitForLimit(now)
        this.#waiting.add(slot)
        return
      }
      const pick = this.picker.next(slot)
      if (pick === undefined) {
        if (this.picker.employs(slot)) this.hungry.add(slot)
        return
      }
      const length = this.#init.geometry.blockLength(pick.piece, pick.block)
      if (!peer.request(now, pick.piece, pick.block * BLOCK_LENGTH, length)) {
        this.tracker.release(pick.piece, pick.block, slot.key)
        this.hungry.add(slot)
        return
      }
      this.#hadShare = true
      if (waited) this.hungry.found()
    }
  }

  claim(slot: PeerSlot, piece: number, begin: number): 'stream' | 'collect' | 'discard' {
    return this.tracker.claim(piece, begin / BLOCK_LENGTH, slot.key)
  }

  /** Arriving bytes go to memory unless the block has come from another peer meanwhile. */
  write(slot: PeerSlot, piece: number, offset: number, view: Uint8Array): void {
    const block = Math.floor(offset / BLOCK_LENGTH)
    const whole = view.length === this.#init.geometry.blockLength(piece, block)
    const welcome = whole
      ? this.tracker.wants(piece, block, slot.key)
      : this.tracker.streams(piece, block, slot.key)
    if (welcome) this.#init.store.write(piece, offset, view)
  }

  block(now: Micros, slot: PeerSlot, piece: number, begin: number, length: number): void {
    this.#now = now
    const block = begin / BLOCK_LENGTH
    const outcome = this.tracker.receive(piece, block, slot.key)
    if (outcome === 'duplicate') {
      this.wasted += length
      return
    }
    this.#gotAt = now
    for (const key of this.tracker.requestersOf(piece, block)) {
      this.#init.slots.get(key)?.peer.cancel(now, piece, begin, length)
    }
    this.#finisher.block(piece, block)
    if (outcome === 'full') this.#finisher.full(piece)
  }

  /** A request came back unanswered; `stalled`: the peer is too slow to have pieces for itself. */
  released(
    slot: PeerSlot,
    block: { readonly piece: number; readonly begin: number; readonly length: number },
    stalled: boolean,
  ): void {
    if (!this.tracker.release(block.piece, block.begin / BLOCK_LENGTH, slot.key)) return
    if (stalled) this.#disown(slot)
    this.#init.outcome.workAppeared()
  }

  gone(slot: PeerSlot): void {
    this.idle(slot)
    this.#blame.gone(slot.key)
    this.#disown(slot)
    if (slot.peer.pieces !== undefined) this.picker.peerGone(slot.peer.pieces)
    this.#init.outcome.workAppeared()
  }

  /** It cannot work for us at present: it chokes us, or has nothing that we lack. Whether it found no work before. */
  idle(slot: PeerSlot): boolean {
    this.#waiting.delete(slot)
    return this.hungry.delete(slot)
  }

  /** The limit is another: who waits asks again. */
  limitChanged(): void {
    this.#rateAllowsAt = NEVER
    this.#resume()
  }

  tick(now: Micros): void {
    this.#now = now
    this.#finisher.tick(now)
    if (now >= this.#reliefAt) {
      this.#reliefAt = now + RELIEF_INTERVAL
      this.#share(now)
      this.#relieve()
    }
    if (now >= this.#rateAllowsAt) {
      this.#rateAllowsAt = NEVER
      this.#resume()
    }
  }

  nextDeadline(): Micros {
    const idle = this.hungry.size === 0 && !this.#init.account.contended
    const relief = this.complete || idle ? NEVER : this.#reliefAt
    return Math.min(this.#finisher.nextDeadline(), this.#rateAllowsAt, relief, this.hungry.deadline)
  }

  /** Who has had a share asks a moment after others of the session: else the first torrent would be the first each time. */
  #waitForLimit(now: Micros): void {
    if (this.#rateAllowsAt !== NEVER) return
    this.#rateAllowsAt = this.#init.limit.readyAt(now) + (this.#hadShare ? 1 : 0)
    this.#hadShare = false
  }

  #resume(): void {
    for (const slot of this.#waiting) slot.peer.refillSoon()
    this.#waiting.clear()
  }

  /** Peers that could work and have nothing are asked again for what they refused; failing that, an open piece that blocks them is given up, one a call. */
  #relieve(): void {
    for (const slot of this.hungry) {
      if (slot.peer.outstanding > 0 || slot.peer.choking) continue
      if (slot.forgive()) {
        slot.peer.refillSoon()
        continue
      }
      const piece = this.picker.relieve(slot)
      if (piece < 0) continue
      this.#finisher.restart(piece)
      this.tracker.abandon(piece)
      this.#init.outcome.workAppeared()
      return
    }
  }

  /** Others that wait for memory get what is of no use here; who waits itself asks again. */
  #share(now: Micros): void {
    const { account } = this.#init
    if (!account.contended) return
    if (this.hungry.size > 0) account.insist(now)
    if (now < this.#gotAt + HOARDING) return
    this.#gotAt = now
    for (const { piece } of this.tracker.records()) {
      // A full one comes back by itself, unless the disk refuses it.
      if (this.tracker.stateOf(piece) === 'full' && !this.troubled) continue
      this.#finisher.restart(piece)
      this.tracker.abandon(piece)
      this.#init.outcome.workAppeared()
      return
    }
  }

  #disown(slot: PeerSlot): void {
    for (const piece of this.tracker.disown(slot.key)) this.#finisher.restart(piece)
  }

  #finished(now: Micros, piece: number): void {
    this.#carryOut(now, piece, this.#blame.verified(this.tracker.verified(piece)))
    this.#init.store.recordWritten(now, piece)
    this.#init.outcome.gained(now, piece)
    this.#init.outcome.workAppeared()
  }

  #wrong(now: Micros, piece: number, digests: Uint8Array): void {
    this.wasted += this.#init.geometry.lengthOf(piece)
    this.spoiled += this.#init.geometry.lengthOf(piece)
    const suppliers = this.tracker.suppliersOf(piece)
    const contributors = this.tracker.failed(piece)
    this.#carryOut(now, piece, this.#blame.failed(contributors, { piece, suppliers, digests }))
    this.#init.outcome.workAppeared()
  }

  #carryOut(now: Micros, piece: number, { ban, suspects, cleared }: Verdict): void {
    const mark = (keys: readonly PeerKey[], suspect: boolean): void => {
      for (const slot of keys.map((key) => this.#init.slots.get(key)))
        if (slot !== undefined) slot.suspect = suspect
    }
    mark(suspects, true)
    mark(cleared, false)
    for (const key of ban) this.#init.outcome.guilty(now, key, piece)
  }
}
