import type { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import { Availability } from './availability.ts'
import { SKIPPED } from './level.ts'
import { mayAsk } from './may-ask.ts'
import type { Hold, OpenPiece } from './open-piece.ts'
import type { SwarmOptions } from './options.ts'
import type { Pick, PickerInit, PickPeer, PiecePicker } from './piece-picker.ts'
import type { PieceTracker } from './piece-tracker.ts'
import { SecondRequests } from './second-requests.ts'
import { Sequence } from './sequence.ts'
import { UrgentPicks } from './urgent-picks.ts'

/** Failed pieces looked at for one pick. */
const PAROLE_PROBES = 64

/**
 * What to ask a peer for. Per block it looks at the piece that the peer is at; per piece at the open pieces (bounded by the
 * budget) and at the rarest on offer; never at all pieces. Order: what is read as it arrives, pieces on parole, open pieces, new
 * ones (rarest first; those of a higher level before the open ones of a lower), pieces that another peer reserved, and when every
 * block to be had is asked for, blocks of slower peers a second time. Who has let requests run out and never sent anything is tried with
 * what others owe: a block that it alone were asked for would keep a piece from all.
 */
export class Picker implements PiecePicker {
  readonly #tracker: PieceTracker
  readonly #availability: Availability
  readonly #dice: Rng
  readonly #options: SwarmOptions
  readonly #provenPeers: () => readonly PickPeer[]
  #opened = 0
  readonly #sequence: Sequence
  readonly #again: SecondRequests
  readonly #urgent: UrgentPicks | undefined

  constructor(init: PickerInit) {
    this.#tracker = init.tracker
    this.#dice = init.dice
    this.#sequence = new Sequence(init.tracker)
    this.#options = init.options
    this.#provenPeers = init.provenPeers
    this.#again = new SecondRequests(init)
    this.#urgent = init.urgent && new UrgentPicks(init, init.urgent, this.#again)
    const count = init.tracker.geometry.pieceCount
    this.#availability = new Availability(count)
    for (let piece = 0; piece < count; piece++) {
      if (init.tracker.isToFetch(piece)) this.#availability.offer(piece, init.tracker.levelOf(piece))
    }
    init.tracker.observe((piece, missing) => {
      const level = init.tracker.levelOf(piece)
      // What is wanted without a level is read by somebody, and no more of it is fetched than that takes.
      if (!missing || level === SKIPPED) this.#availability.withdraw(piece)
      else if (init.tracker.suspectsOf(piece) === undefined) this.#availability.offer(piece, level)
      if (missing) this.#sequence.back(piece)
    })
  }

  peerPieces(pieces: Bitfield): void {
    this.#availability.addAll(pieces)
  }

  peerHave(piece: number): void {
    this.#availability.add(piece)
  }

  peerLost(piece: number): void {
    this.#availability.remove(piece)
  }

  peerGone(pieces: Bitfield): void {
    this.#availability.removeAll(pieces)
  }

  availabilityOf(piece: number): number {
    return this.#availability.of(piece)
  }

  get hasUnshared(): boolean {
    return this.#availability.hasUnshared
  }

  next(peer: PickPeer): Pick | undefined {
    const urgent = this.#urgent?.next(peer)
    if (urgent !== undefined) return urgent
    const trial = peer.silent
      ? this.#again.next(peer, this.#tracker.records(), Number.POSITIVE_INFINITY)
      : undefined
    if (trial !== undefined) return trial
    const current = this.#tracker.record(peer.current)
    if (current !== undefined && current.free > 0 && this.#joins(current, peer) && this.#bookable(current))
      return this.#book(current, peer)
    return peer.suspect ? this.#nextAlone(peer) : this.#nextShared(peer)
  }

  witnessIn(pieces: Bitfield, hint = 0): number {
    const have = this.#tracker.have.bytes
    const wanted = this.#tracker.wanted.bytes
    const length = have.length
    const start = Math.max(0, hint) >> 3
    for (let i = 0; i < length; i++) {
      const at = start + i < length ? start + i : start + i - length
      const lacking = pieces.bytes[at]! & wanted[at]! & ~have[at]!
      if (lacking !== 0) return 8 * at + Math.clz32(lacking) - 24
    }
    return -1
  }

  employs(peer: PickPeer): boolean {
    if (peer.allowed === undefined) return true
    for (const piece of peer.allowed) {
      if (this.#tracker.lacks(piece) && peer.pieces.has(piece)) return true
    }
    return false
  }

  relieve(peer: PickPeer): number {
    let idle = -1
    for (const record of this.#tracker.records()) {
      if (record.free === 0 || record.requested > 0) continue
      if (!this.#joins(record, peer) && mayAsk(record.piece, peer)) return record.piece
      if (idle < 0 || (this.availabilityOf(record.piece) === 0 && this.availabilityOf(idle) > 0))
        idle = record.piece
    }
    return idle >= 0 && this.#candidate(peer) >= 0 ? idle : -1
  }

  #nextShared(peer: PickPeer): Pick | undefined {
    const { spacious } = this.#tracker.account
    return (
      this.#openParoled(peer, false) ??
      this.#openHigher(peer) ??
      this.#nextScarce(peer) ??
      (peer.fast && spacious ? this.#openNew(peer, 'reserved') : undefined) ??
      this.#joinOpen(peer, false) ??
      this.#openNew(peer, peer.fast ? 'reserved' : 'shared') ??
      this.#joinOpen(peer, true) ??
      this.#openParoled(peer, true) ??
      this.#nextAgain(peer)
    )
  }

  /**
   * Of one that has everything, what nobody has who does not. Others can give the rest; a crowd with one seed gets on no faster than
   * that gives out what is new. Its advice goes before what was begun for others of whom nothing has come: they may be no seeds at all.
   */
  #nextScarce(peer: PickPeer): Pick | undefined {
    if (!peer.pieces.full || peer.allowed !== undefined || !this.#sparesSeeds) return undefined
    const { suggested = [] } = peer
    const joined = this.#joinScarce(peer, suggested)
    if (joined !== undefined) return joined
    const opened = this.#availability.hasScarce
      ? this.#openNew(peer, peer.fast ? 'reserved' : 'shared')
      : undefined
    return opened ?? (suggested.length > 0 ? this.#joinScarce(peer, []) : undefined)
  }

  /** Adds to what is begun and scarce; with advice, to what is advised or has come in part. */
  #joinScarce(peer: PickPeer, advice: readonly number[]): Pick | undefined {
    const record = this.#mostComplete(
      (one) =>
        this.#availability.isScarce(one.piece) &&
        this.#joins(one, peer, false) &&
        (advice.length === 0 || one.received > 0 || advice.includes(one.piece)),
    )
    return record === undefined ? undefined : this.#book(record, peer)
  }

  /** A suspect fetches whole pieces alone, so that the next hash clears it or convicts it. */
  #nextAlone(peer: PickPeer): Pick | undefined {
    return (
      this.#joinOpen(peer, false) ??
      this.#openNew(peer, 'sole') ??
      this.#openParoled(peer, false) ??
      this.#openParoled(peer, true)
    )
  }

  /** Whether it may add to a piece, perhaps one that another has reserved. */
  #joins(record: OpenPiece, peer: PickPeer, reserved = true): boolean {
    if (record.hold === 'sole') return record.holder === peer.key && mayAsk(record.piece, peer)
    return !peer.suspect && (reserved || record.open(peer.key)) && mayAsk(record.piece, peer)
  }

  #joinOpen(peer: PickPeer, reserved: boolean): Pick | undefined {
    const best = this.#mostComplete((record) => this.#joins(record, peer, reserved))
    return best && this.#book(best, peer)
  }

  /** The open piece of the highest level with the fewest free blocks of those that fit. */
  #mostComplete(fits: (record: OpenPiece) => boolean): OpenPiece | undefined {
    let best: OpenPiece | undefined
    for (const record of this.#tracker.partial) {
      if ((best === undefined || this.#precedes(record, best)) && fits(record) && this.#bookable(record))
        best = record
    }
    return best
  }

  #precedes(record: OpenPiece, other: OpenPiece): boolean {
    const higher = this.#tracker.levelOf(record.piece) - this.#tracker.levelOf(other.piece)
    return higher !== 0 ? higher > 0 : record.free < other.free
  }

  /** A new piece of a higher level than all that are open for this peer. */
  #openHigher(peer: PickPeer): Pick | undefined {
    if (!this.#availability.levelled || !this.#affordable(0)) return undefined
    const piece = this.#candidate(peer)
    if (piece < 0) return undefined
    const open = this.#mostComplete((record) => this.#joins(record, peer, false))
    if (open !== undefined && this.#tracker.levelOf(open.piece) >= this.#tracker.levelOf(piece))
      return undefined
    return this.#open(piece, peer, peer.fast ? 'reserved' : 'shared')
  }

  /** A failed piece, for this peer alone; `again`: also one to which it contributed when it failed. */
  #openParoled(peer: PickPeer, again: boolean): Pick | undefined {
    let probes = 0
    for (const piece of this.#tracker.paroled()) {
      if (++probes > PAROLE_PROBES || (probes === 1 && !peer.proven && this.#provenPeers().length > 0))
        return undefined
      if (!this.#tracker.isToFetch(piece) || !mayAsk(piece, peer)) continue
      if (!again && this.#tracker.suspectsOf(piece)!.includes(peer.key)) continue
      return this.#affordable(piece) ? this.#open(piece, peer, 'sole') : this.#tracker.account.wait()
    }
    return undefined
  }

  #openNew(peer: PickPeer, hold: Hold): Pick | undefined {
    // The last piece may be shorter, but a budget that it alone fits into is as good as full.
    const affordable = this.#affordable(0)
    const piece = affordable || this.#tracker.account.held === 0 ? this.#candidate(peer) : -1
    if (piece < 0) return undefined
    return affordable ? this.#open(piece, peer, hold) : this.#tracker.account.wait()
  }

  #candidate(peer: PickPeer): number {
    if (peer.allowed !== undefined) return this.#availability.rarestOf(peer.allowed, peer.pieces, this.#dice)
    // What only seeds have is what the others wait for: their lines are too dear for any other piece.
    const { randomPieces, sequential } = this.#options
    if (sequential === 1) return this.#sequence.first(peer.pieces, this.#availability.levelled)
    const isDear = this.#sparesSeeds && this.#availability.hasScarce
    if (isDear && peer.suggested !== undefined && peer.suggested.length > 0)
      return this.#advised(peer.pieces, peer.suggested)
    if (this.#opened < randomPieces && !isDear) return this.#availability.any(peer.pieces, this.#dice)
    return this.#availability.rarest(peer.pieces, this.#dice)
  }

  /** It alone knows what it has given to nobody yet: left to themselves several would fetch the same, as they would what it is giving. */
  #advised(pieces: Bitfield, suggested: readonly number[]): number {
    const piece = this.#availability.firstOf(suggested)
    return piece >= 0 && pieces.has(piece) ? piece : this.#availability.rarestShared(pieces, this.#dice)
  }

  /** Who has everything is asked first for what nobody else has. */
  get #sparesSeeds(): boolean {
    return this.#options.scarceFirst === 1 && this.#options.sequential === 0
  }

  #affordable(piece: number): boolean {
    const tracker = this.#tracker
    return tracker.openCount < this.#options.openPieces && tracker.affords(piece)
  }

  /** Whether there is memory for the next block of a piece. */
  #bookable(record: OpenPiece): boolean {
    if (this.#tracker.reaches(record, record.firstFree())) return true
    this.#tracker.account.wait()
    return false
  }

  #open(piece: number, peer: PickPeer, hold: Hold): Pick {
    this.#opened += 1
    this.#tracker.open(piece, peer.key, hold)
    return this.#book(this.#tracker.record(piece)!, peer)
  }

  #book(record: OpenPiece, peer: PickPeer): Pick {
    peer.current = record.piece
    const block = record.firstFree()
    this.#tracker.request(record.piece, block, peer.key)
    return { piece: record.piece, block, endgame: false }
  }

  /** A block that slower peers owe us, when no free one is to be had. */
  #nextAgain(peer: PickPeer): Pick | undefined {
    // What there is no memory to ask for waits for what silent peers owe: that is asked again of one that has proven itself.
    const short = this.#unasked()
    if (short && (!peer.proven || this.#affordable(0))) return undefined
    // Whom we pause ourselves is not slow.
    if (!short && this.#tracker.account.diskBehind) return undefined
    return this.#again.next(peer, this.#tracker.records(), short ? 0 : undefined)
  }

  /** Whether a block that peers could give, and not one alone, has been asked of nobody. */
  #unasked(): boolean {
    if (this.#availability.reachable) return true
    for (const record of this.#tracker.partial) {
      if (record.hold !== 'sole' && this.availabilityOf(record.piece) > 0) return true
    }
    for (const piece of this.#tracker.paroled()) {
      if (this.#tracker.isToFetch(piece) && this.availabilityOf(piece) > 0) return true
    }
    return false
  }
}
