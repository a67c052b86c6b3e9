import type { Bitfield } from '../core/bitfield.ts'
import type { Rng } from '../core/rng.ts'
import { Availability } from './availability.ts'
import type { Hold, OpenPiece } from './open-piece.ts'
import { MOST_REQUESTERS, NO_PEER, REQUESTED } from './open-piece.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey, PieceTracker } from './piece-tracker.ts'
import { Sequence } from './sequence.ts'

/** A peer that could be sent a request now. The join keeps one of these for each peer. */
export interface PickPeer {
  readonly key: PeerKey
  /** What it has and has not refused, as long as the torrent has pieces. */
  readonly pieces: Bitfield
  /** `undefined`: it unchokes us, any piece may be asked for; else the few that may (allowed fast, BEP 6). */
  readonly allowed: ReadonlySet<number> | undefined
  /** It takes whole pieces where it can. */
  readonly fast: boolean
  /** It contributed to a piece that failed (`Blame.suspects`): it gets pieces that nobody else adds to. */
  readonly suspect: boolean
  /** It has sent blocks and has not stopped to. */
  readonly proven: boolean
  /** The picker's own note: the piece that it is at. Starts as -1. */
  current: number
}

export interface Pick {
  readonly piece: number
  readonly block: number
  /** Another was asked for this block before. */
  readonly endgame: boolean
}

export interface PickerInit {
  readonly tracker: PieceTracker
  readonly dice: Rng
  readonly options: SwarmOptions
  /** Bytes per second that come from a peer now; at the end, blocks of the slowest are asked for again first. */
  readonly rateOf: (peer: PeerKey) => number
  /** Whether any peer is proven: a failed piece waits for one, since whoever never answers would hold it alone. */
  readonly anyProven: () => boolean
}

/** Decides what to ask of whom, and keeps count of what peers have. */
export interface PiecePicker {
  /** A peer's set became known. When it replaces another one, `peerGone` with that one comes first. */
  peerPieces(pieces: Bitfield): void
  /** A peer has one piece more. */
  peerHave(piece: number): void
  /** A peer has one piece less. */
  peerLost(piece: number): void
  /** `pieces` as it is now: what `peerPieces`, `peerHave` and `peerLost` made of it. */
  peerGone(pieces: Bitfield): void
  /** Connected peers that have a piece. */
  availabilityOf(piece: number): number
  /** Whether there is a piece that no connected peer has. */
  readonly hasUnshared: boolean
  /** What to ask `peer` for, if anything. The request is booked in the tracker; `PieceTracker.release` takes it back. */
  next(peer: PickPeer): Pick | undefined
  /** A wanted piece of `pieces` that we lack (why its peer is interesting), -1 when there is none. Searches from `hint` on, round the end: pass the last answer. */
  witnessIn(pieces: Bitfield, hint?: number): number
  /** Whether there is work for it, now or once others let go of it. */
  employs(peer: PickPeer): boolean
  /**
   * The open piece that `peer`, which has nothing to do, is kept from by others that do nothing for it: one that it could
   * fetch alone, or one that holds the budget; -1: none. The join abandons it. For a slow round (10 s), not for each block.
   */
  relieve(peer: PickPeer): number
}

/** Failed pieces looked at for one pick. */
const PAROLE_PROBES = 64
/** Blocks compared for one pick at the end; and for want of memory, where those of silent peers are the oldest. */
const ENDGAME_PROBES = 64
const SILENT_PROBES = 16

/**
 * What to ask a peer for. Per block it looks at the piece that the peer is at; per piece at the open pieces (bounded by the
 * budget) and at the rarest on offer; never at all pieces. Order: pieces on parole, open pieces, new ones (rarest first), pieces
 * that another peer reserved, and when every block to be had is asked for, blocks of slower peers a second time.
 */
export class Picker implements PiecePicker {
  readonly #tracker: PieceTracker
  readonly #availability: Availability
  readonly #dice: Rng
  readonly #options: SwarmOptions
  readonly #rateOf: (peer: PeerKey) => number
  readonly #anyProven: () => boolean
  #opened = 0
  readonly #sequence: Sequence

  constructor(init: PickerInit) {
    this.#tracker = init.tracker
    this.#dice = init.dice
    this.#sequence = new Sequence(init.tracker)
    this.#options = init.options
    this.#rateOf = init.rateOf
    this.#anyProven = init.anyProven
    const count = init.tracker.geometry.pieceCount
    this.#availability = new Availability(count)
    for (let piece = 0; piece < count; piece++) {
      if (init.tracker.lacks(piece)) this.#availability.offer(piece)
    }
    init.tracker.observe((piece, missing) => {
      if (!missing) this.#availability.withdraw(piece)
      else if (init.tracker.suspectsOf(piece) === undefined) this.#availability.offer(piece)
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
      if (!this.#joins(record, peer) && this.#mayAsk(record.piece, peer)) return record.piece
      if (idle < 0 || (this.availabilityOf(record.piece) === 0 && this.availabilityOf(idle) > 0))
        idle = record.piece
    }
    return idle >= 0 && this.#candidate(peer) >= 0 ? idle : -1
  }

  #nextShared(peer: PickPeer): Pick | undefined {
    const { spacious } = this.#tracker.account
    return (
      this.#openParoled(peer, false) ??
      this.#nextScarce(peer) ??
      (peer.fast && spacious ? this.#openNew(peer, 'reserved') : undefined) ??
      this.#joinOpen(peer, false) ??
      this.#openNew(peer, peer.fast ? 'reserved' : 'shared') ??
      this.#joinOpen(peer, true) ??
      this.#openParoled(peer, true) ??
      this.#endgame(peer)
    )
  }

  /**
   * Of one that has everything, what nobody has who does not. Others can give the rest; a crowd with one seed gets on no faster than
   * that gives out what is new.
   */
  #nextScarce(peer: PickPeer): Pick | undefined {
    if (!peer.pieces.full || peer.allowed !== undefined || !this.#sparesSeeds) return undefined
    const begun = this.#mostComplete((record) => {
      return this.#availability.isScarce(record.piece) && this.#joins(record, peer, false)
    })
    if (begun !== undefined) return this.#book(begun, peer)
    return this.#availability.hasScarce ? this.#openNew(peer, peer.fast ? 'reserved' : 'shared') : undefined
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
    if (record.hold === 'sole') return record.holder === peer.key && this.#mayAsk(record.piece, peer)
    return !peer.suspect && (reserved || record.open(peer.key)) && this.#mayAsk(record.piece, peer)
  }

  #mayAsk(piece: number, peer: PickPeer): boolean {
    return peer.pieces.has(piece) && (peer.allowed === undefined || peer.allowed.has(piece))
  }

  #joinOpen(peer: PickPeer, reserved: boolean): Pick | undefined {
    const best = this.#mostComplete((record) => this.#joins(record, peer, reserved))
    return best && this.#book(best, peer)
  }

  /** The open piece with the fewest free blocks of those that fit. */
  #mostComplete(fits: (record: OpenPiece) => boolean): OpenPiece | undefined {
    let best: OpenPiece | undefined
    for (const record of this.#tracker.partial) {
      if ((best === undefined || record.free < best.free) && fits(record) && this.#bookable(record))
        best = record
    }
    return best
  }

  /** A failed piece, for this peer alone; `again`: also one to which it contributed when it failed. */
  #openParoled(peer: PickPeer, again: boolean): Pick | undefined {
    let probes = 0
    for (const piece of this.#tracker.paroled()) {
      if (++probes > PAROLE_PROBES || (probes === 1 && !peer.proven && this.#anyProven())) return undefined
      if (this.#tracker.stateOf(piece) !== 'missing' || !this.#mayAsk(piece, peer)) continue
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
    if (sequential === 1) return this.#sequence.first(peer.pieces)
    const isDear = this.#sparesSeeds && this.#availability.hasScarce
    if (this.#opened < randomPieces && !isDear) return this.#availability.any(peer.pieces, this.#dice)
    return this.#availability.rarest(peer.pieces, this.#dice)
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

  /** A block that slower peers owe us, when no free one is to be had: of the slowest first. */
  #endgame(peer: PickPeer): Pick | undefined {
    // What there is no memory to ask for waits for what silent peers owe: that is asked again of one that has proven itself.
    const short = this.#unasked()
    if (short && (!peer.proven || this.#affordable(0))) return undefined
    let best: OpenPiece | undefined
    let bestBlock = -1
    // A peer nearly as fast will send it nearly as soon.
    let slowest = short ? 0 : this.#rateOf(peer.key) / 2
    let probes = short ? SILENT_PROBES : ENDGAME_PROBES
    for (const record of this.#tracker.records()) {
      if (record.requested === 0 || record.hold === 'sole' || !this.#mayAsk(record.piece, peer)) continue
      for (let block = 0; block < record.blocks && probes > 0; block++) {
        if (!this.#repeatable(record, block, peer)) continue
        const rate = this.#rateOfBlock(record, block)
        const vain = rate > 0 && record.requesterCount(block) >= this.#options.endgameRequesters
        if (short || !vain) probes -= 1
        if (vain || rate > slowest || (rate === slowest && best !== undefined)) continue
        best = record
        bestBlock = block
        slowest = rate
      }
    }
    if (best === undefined) return undefined
    this.#tracker.request(best.piece, bestBlock, peer.key)
    return { piece: best.piece, block: bestBlock, endgame: true }
  }

  /** One that has proven itself may be asked beside as many as are allowed when none of those sends anything. */
  #repeatable(record: OpenPiece, block: number, { key, proven }: PickPeer): boolean {
    if (record.stateOf(block) !== REQUESTED || record.requestedFrom(block, key)) return false
    return record.requesterCount(block) < (proven ? MOST_REQUESTERS : this.#options.endgameRequesters)
  }

  /** The rate of the fastest peer that was asked for a block. */
  #rateOfBlock(record: OpenPiece, block: number): number {
    let rate = 0
    for (let nth = 0; nth < MOST_REQUESTERS; nth++) {
      const key = record.requester(block, nth)
      if (key !== NO_PEER) rate = Math.max(rate, this.#rateOf(key))
    }
    return rate
  }

  /** Whether a block that peers could give, and not one alone, has been asked of nobody. */
  #unasked(): boolean {
    if (this.#availability.reachable) return true
    for (const record of this.#tracker.partial) {
      if (record.hold !== 'sole' && this.availabilityOf(record.piece) > 0) return true
    }
    for (const piece of this.#tracker.paroled()) {
      if (this.#tracker.stateOf(piece) === 'missing' && this.availabilityOf(piece) > 0) return true
    }
    return false
  }
}
