import { BLOCK_LENGTH } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { Blame, type Verdict } from './blame.ts'
import type { DownloadInit, Helper, Supplier } from './download-init.ts'
import { NO_PEER } from './open-piece.ts'
import { Padder } from './padder.ts'
import type { Padding } from './padding.ts'
import type { PeerSlot } from './peer-slot.ts'
import { Picker } from './picker.ts'
import { PieceFinisher } from './piece-finisher.ts'
import type { PickerInit, PiecePicker } from './piece-picker.ts'
import type { PeerKey } from './piece-tracker.ts'
import { PieceTracker } from './piece-tracker.ts'
import { Relief } from './relief.ts'
import { UrgentPieces } from './urgent-pieces.ts'
import { WaitingPeers } from './waiting-peers.ts'
import type { WorkLine } from './work-line.ts'

/** Getting pieces: what to ask of whom, what arrives, what becomes of a whole piece, and who is to blame when it is wrong. */
export class Download {
  readonly tracker: PieceTracker
  readonly picker: PiecePicker
  /** What is read as it arrives. */
  readonly urgent: UrgentPieces
  /** Who supplies blocks besides peers, by keys that no peer has. */
  readonly helpers: Map<PeerKey, Helper> = new Map()
  /** Payload bytes fetched in vain. */
  wasted = 0
  /** Of those: in pieces whose hash was wrong. */
  spoiled = 0
  readonly #init: DownloadInit
  readonly #finisher: PieceFinisher
  readonly #blame = new Blame()
  readonly #padder: Padder
  readonly #waiting: WaitingPeers
  readonly #relief: Relief
  #now: Micros

  constructor(init: DownloadInit) {
    this.#init = init
    this.#now = init.now
    this.#waiting = new WaitingPeers(init.limit)
    this.#padder = new Padder(init.padding, init.geometry, init.store, (piece, block) =>
      this.#finisher.block(piece, block),
    )
    this.tracker = new PieceTracker(init.geometry, init.have, init.account, init.levels, this.#padder)
    this.urgent = new UrgentPieces(this.tracker, init.options.readAhead)
    const choices: PickerInit = {
      tracker: this.tracker,
      dice: init.dice,
      options: init.options,
      urgent: this.urgent,
      provenPeers: () => [...init.slots.values()].filter((slot) => slot.proven && !slot.peer.choking),
      rateOf: (key) => {
        const slot = init.slots.get(key)
        if (slot === undefined) return this.helpers.get(key)?.rate(this.#now) ?? 0
        // Whoever drips bytes and never ends a block must not count as faster than those who have nothing to do.
        return slot.proven ? slot.peer.down.rate(this.#now) : 0
      },
    }
    this.picker = init.picker?.(choices) ?? new Picker(choices)
    this.#finisher = new PieceFinisher(init.geometry, init.store, init.check, {
      owed: (bytes) => init.account.owe(bytes),
      written: (piece, length) => {
        this.tracker.written(piece, length)
        init.outcome.workAppeared()
      },
      finished: (now, piece) => this.#finished(now, piece),
      wrong: (now, piece, digests) => this.#wrong(now, piece, digests),
      contradicts: (piece) => init.outcome.inconsistent(piece, 'versions'),
      truth: (now, piece, done) => init.outcome.truth(now, piece, done),
      spoilt: (now, piece, blocks) => this.#spoilt(now, piece, blocks),
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
        this.#waiting.resume()
        init.outcome.recovered(now)
      },
    })
    this.#relief = new Relief(init.now, {
      tracker: this.tracker,
      picker: this.picker,
      hungry: this.#waiting.hungry,
      troubled: () => this.troubled,
      giveUp: (piece) => {
        this.#forget(piece)
        init.outcome.workAppeared()
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

  get padding(): Padding {
    return this.#init.padding
  }

  /** Whether one more piece may be begun, as far as memory and their number go. */
  affords(piece: number): boolean {
    return this.tracker.openCount < this.#init.options.openPieces && this.tracker.affords(piece)
  }

  /** There are pieces to be opened, and those that are open take all the memory that they may. */
  get crowded(): boolean {
    const { openCount, lacking } = this.tracker
    if (openCount === 0 || openCount >= lacking) return false
    return openCount >= this.#init.options.openPieces || !this.tracker.affords(0)
  }

  /** What keeps us from asking a peer for more that would take it: the limit, a disk that refuses, or that there is nothing to ask for. */
  keptFrom(slot: PeerSlot): 'rate' | 'disk' | 'work' | undefined {
    if (this.#waiting.isHeld(slot)) return this.troubled ? 'disk' : 'rate'
    return this.#waiting.hungry.has(slot) ? 'work' : undefined
  }

  /** Pieces that are padding alone come from nobody; one at a time, since each takes its memory. */
  fillPads(): void {
    for (const piece of this.#init.padding.whole) {
      const state = this.tracker.stateOf(piece)
      if (state === 'full') return
      if (state !== 'missing' || !this.tracker.lacks(piece)) continue
      this.tracker.open(piece, NO_PEER, 'shared')
      this.#finisher.full(piece)
      return
    }
  }

  /** Fills the pipeline of one peer. */
  refill(now: Micros, slot: PeerSlot): void {
    this.#now = now
    const waited = this.idle(slot)
    const { peer } = slot
    if (this.complete) return
    if (this.troubled) {
      this.#waiting.forDisk(slot)
      return
    }
    slot.measure(this.#init.geometry.pieceLength)
    while (peer.wantsRequests(now)) {
      if (!this.#init.limit.ready(now)) {
        this.#waiting.forLimit(now, slot)
        return
      }
      const pick = this.picker.next(slot)
      if (pick === undefined) {
        if (this.picker.employs(slot)) this.#waiting.forWork(slot)
        return
      }
      const length = this.#init.padding.lengthOf(pick.piece, pick.block)
      if (!peer.request(now, pick.piece, pick.block * BLOCK_LENGTH, length)) {
        this.tracker.release(pick.piece, pick.block, slot.key)
        this.#waiting.forWork(slot)
        return
      }
      this.#waiting.served(now, waited)
    }
  }

  claim(slot: Supplier, piece: number, begin: number): 'stream' | 'collect' | 'discard' {
    return this.tracker.claim(piece, begin / BLOCK_LENGTH, slot.key)
  }

  /** Arriving bytes go to memory unless the block has come from another peer meanwhile. */
  write(slot: Supplier, piece: number, offset: number, view: Uint8Array): void {
    const block = Math.floor(offset / BLOCK_LENGTH)
    const whole = view.length === this.#init.padding.lengthOf(piece, block)
    const welcome = whole
      ? this.tracker.wants(piece, block, slot.key)
      : this.tracker.streams(piece, block, slot.key)
    if (welcome) this.#init.store.write(piece, offset, view)
  }

  block(now: Micros, slot: Supplier, piece: number, begin: number, length: number): void {
    this.#now = now
    slot.supplied = true
    const block = begin / BLOCK_LENGTH
    const outcome = this.tracker.receive(piece, block, slot.key)
    if (outcome === 'duplicate') {
      this.wasted += length
      return
    }
    this.#relief.got(now)
    for (const key of this.tracker.requestersOf(piece, block)) {
      this.#init.slots.get(key)?.peer.cancel(now, piece, begin, length)
    }
    this.#padder.end(piece, block)
    this.#finisher.block(piece, block)
    if (outcome === 'full') this.#finisher.full(piece)
  }

  /** Requests for a piece are cancelled. */
  takeBack(now: Micros, piece: number): void {
    for (let block = 0; block < this.#init.geometry.blocksOf(piece); block++) {
      const length = this.#init.padding.lengthOf(piece, block)
      for (const key of this.tracker.requestersOf(piece, block)) {
        this.#init.slots.get(key)?.peer.cancel(now, piece, block * BLOCK_LENGTH, length)
        this.tracker.release(piece, block, key)
      }
    }
  }

  /** And what has come of it is forgotten. */
  giveUp(now: Micros, piece: number): void {
    this.takeBack(now, piece)
    this.#forget(piece)
  }

  /** A request came back unanswered; `stalled`: the peer is too slow to have pieces for itself. */
  released(
    slot: Supplier,
    block: { readonly piece: number; readonly begin: number; readonly length: number },
    stalled: boolean,
  ): void {
    if (!this.tracker.release(block.piece, block.begin / BLOCK_LENGTH, slot.key)) return
    if (stalled) this.#disown(slot)
    this.#init.outcome.workAppeared()
  }

  gone(slot: PeerSlot): void {
    this.idle(slot)
    if (slot.peer.pieces !== undefined) this.picker.peerGone(slot.peer.pieces)
    this.part(slot)
  }

  /** It supplies nothing any more; its requests were released before. */
  part(supplier: Supplier): void {
    this.#blame.gone(supplier.key)
    this.#disown(supplier)
    this.#init.outcome.workAppeared()
  }

  /** Peers that could work and found none: whom to ask again when some appears. */
  get hungry(): WorkLine<PeerSlot> {
    return this.#waiting.hungry
  }

  /** It cannot work for us at present: it chokes us, or has nothing that we lack. Whether it found no work before. */
  idle(slot: PeerSlot): boolean {
    return this.#waiting.leave(slot)
  }

  /** The limit is another: who waits asks again. */
  limitChanged(): void {
    this.#waiting.limitChanged()
  }

  tick(now: Micros): void {
    this.#now = now
    this.#finisher.tick(now)
    this.#relief.tick(now)
    this.#waiting.tick(now)
  }

  nextDeadline(): Micros {
    return Math.min(this.#finisher.nextDeadline(), this.#waiting.deadline, this.#relief.deadline)
  }

  #forget(piece: number): void {
    this.#finisher.restart(piece)
    this.tracker.abandon(piece)
  }

  #disown(slot: Supplier): void {
    for (const piece of this.tracker.disown(slot.key)) this.#finisher.restart(piece)
  }

  #finished(now: Micros, piece: number): void {
    this.urgent.gained(piece)
    for (const key of this.#padder.verified(piece)) this.#convict(now, key, piece)
    this.#carryOut(now, piece, this.#blame.verified(this.tracker.verified(piece)))
    this.#init.store.recordWritten(now, piece)
    if (this.#padder.isWhole(piece)) this.fillPads()
    this.#init.outcome.gained(now, piece)
    this.#init.outcome.workAppeared()
  }

  #wrong(now: Micros, piece: number, digests: Uint8Array): void {
    this.wasted += this.#init.geometry.lengthOf(piece)
    this.spoiled += this.#init.geometry.lengthOf(piece)
    const suppliers = this.tracker.suppliersOf(piece)
    const contributors = this.tracker.failed(piece)
    const isPadded = this.#init.check.countsPadding(piece)
    const contradicts = isPadded ? this.#padder.failed(piece, contributors) : undefined
    if (contradicts === undefined)
      this.#carryOut(now, piece, this.#blame.failed(contributors, { piece, suppliers, digests }))
    else if (contradicts) this.#init.outcome.inconsistent(piece, 'padding')
    this.#init.outcome.workAppeared()
  }

  /** It is known which blocks are wrong: who sent them is guilty, and they alone come again. */
  #spoilt(now: Micros, piece: number, blocks: readonly number[]): void {
    const { geometry, outcome } = this.#init
    for (const block of blocks) this.spoiled += geometry.blockLength(piece, block)
    for (const block of blocks) this.wasted += geometry.blockLength(piece, block)
    for (const key of this.tracker.spoilt(piece, blocks)) this.#convict(now, key, piece)
    outcome.workAppeared()
  }

  #carryOut(now: Micros, piece: number, { ban, suspects, cleared }: Verdict): void {
    const mark = (keys: readonly PeerKey[], suspect: boolean): void => {
      for (const slot of keys.map((key) => this.#init.slots.get(key) ?? this.helpers.get(key)))
        if (slot !== undefined) slot.suspect = suspect
    }
    mark(suspects, true)
    mark(cleared, false)
    for (const key of ban) this.#convict(now, key, piece)
  }

  #convict(now: Micros, key: PeerKey, piece: number): void {
    const helper = this.helpers.get(key)
    if (helper === undefined) this.#init.outcome.guilty(now, key, piece)
    else helper.convicted(now)
  }
}
