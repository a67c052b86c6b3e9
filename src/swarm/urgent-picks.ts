import { mayAsk } from './may-ask.ts'
import type { Pick, PickerInit, PickPeer } from './piece-picker.ts'
import type { SecondRequests } from './second-requests.ts'
import type { UrgentPieces } from './urgent-pieces.ts'

/** Picks after which it is looked again at who is fast. */
const REVIEW_AFTER = 32
/** Bytes of the most urgent pieces, the first in any case: the fast share them, and late blocks are asked for again. */
const HEAD = 512 * 1024

/**
 * What to ask for of the pieces that are read as they arrive. Who is fast takes them in their order, sharing each of the first with the
 * others, and what slower peers owe of these; who is slow takes the last, so that no reader waits for it, unless nobody fast has the others.
 */
export class UrgentPicks {
  readonly #init: PickerInit
  readonly #urgent: UrgentPieces
  readonly #again: SecondRequests
  readonly #head: number
  /** Proven peers of at least half the rate of the fastest. */
  #fast: readonly PickPeer[] = []
  #picks = 0

  constructor(init: PickerInit, urgent: UrgentPieces, again: SecondRequests) {
    this.#init = init
    this.#urgent = urgent
    this.#again = again
    this.#head = Math.max(1, Math.floor(HEAD / init.tracker.geometry.pieceLength))
  }

  /** Like `PiecePicker.next`. */
  next(peer: PickPeer): Pick | undefined {
    const { list } = this.#urgent
    // What a suspect adds to would have to be fetched again from it alone.
    if (list.length === 0 || peer.suspect) return undefined
    if (this.#picks % REVIEW_AFTER === 0) this.#review()
    this.#picks += 1
    const nth = this.#fast.findIndex(({ key }) => key === peer.key)
    const isFast = nth >= 0 || this.#fast.length === 0
    /** What is left to others as long as there is anything else. */
    let spare = -1
    for (const [i, piece] of list.entries()) {
      if (!mayAsk(piece, peer)) continue
      const isHead = i < this.#head
      if (this.#hasWork(piece, peer)) {
        if (i >= this.#urgent.readerCount && !this.#affords(piece)) continue
        if (isFast || !this.#fast.some((other) => mayAsk(piece, other))) {
          const block = isHead && i > 0 && nth >= 0 ? this.#shareOf(piece, nth) : 0
          if (block >= 0) return this.#take(piece, peer, block)
          if (spare < 0) spare = piece
        } else spare = piece
      } else if (isFast && isHead) {
        const late = this.#late(piece, peer)
        if (late !== undefined) return late
      }
    }
    return spare < 0 ? undefined : this.#take(spare, peer, 0)
  }

  #hasWork(piece: number, peer: PickPeer): boolean {
    const { tracker } = this.#init
    const record = tracker.record(piece)
    if (record !== undefined) return record.free > 0 && (record.hold !== 'sole' || record.holder === peer.key)
    if (!tracker.isToFetch(piece)) return false
    const suspects = tracker.suspectsOf(piece)
    return suspects === undefined || (peer.proven && !suspects.includes(peer.key))
  }

  /** Whether there is memory for the next block; for the first that each reader waits for there always is. */
  #affords(piece: number): boolean {
    const { tracker } = this.#init
    const record = tracker.record(piece)
    return record === undefined ? tracker.affords(piece) : tracker.reaches(record, record.firstFree())
  }

  #late(piece: number, peer: PickPeer): Pick | undefined {
    const record = this.#init.tracker.record(piece)
    return record && this.#again.next(peer, [record])
  }

  /** A free block of those that the `nth` of the fast takes, so that each piece comes from all of them at once; -1: none. */
  #shareOf(piece: number, nth: number): number {
    const { tracker } = this.#init
    const record = tracker.record(piece)
    if (record !== undefined) return record.freeAmong(nth, this.#fast.length)
    return nth < tracker.geometry.blocksOf(piece) ? nth : -1
  }

  /** `from`: a free block; 0: the first free one. */
  #take(piece: number, peer: PickPeer, from: number): Pick {
    const { tracker } = this.#init
    if (tracker.record(piece) === undefined) tracker.open(piece, peer.key, 'shared')
    const record = tracker.record(piece)!
    const block = from > 0 ? record.freeAmong(from, 1) : record.firstFree()
    tracker.request(piece, block, peer.key)
    return { piece, block, endgame: false }
  }

  #review(): void {
    const { provenPeers, rateOf } = this.#init
    const proven = provenPeers()
    const fastest = Math.max(0, ...proven.map(({ key }) => rateOf(key)))
    this.#fast = proven.filter(({ key }) => 2 * rateOf(key) >= fastest)
  }
}
