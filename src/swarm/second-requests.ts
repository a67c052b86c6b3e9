import { mayAsk } from './may-ask.ts'
import type { OpenPiece } from './open-piece.ts'
import { MOST_REQUESTERS, NO_PEER, REQUESTED } from './open-piece.ts'
import type { Pick, PickerInit, PickPeer } from './piece-picker.ts'

type Needs = Readonly<{ [K in 'tracker' | 'options' | 'rateOf']: PickerInit[K] }>

/** Blocks compared for one pick; fewer of silent peers, whose are the oldest. */
const PROBES = 64
const SILENT_PROBES = 16

/** Asking for blocks that others owe us already: at the end, and for what somebody waits for. */
export class SecondRequests {
  readonly #init: Needs

  constructor(init: Needs) {
    this.#init = init
  }

  /**
   * A block that peers of at most `slowest` (bytes a second; default: half its own rate, since one nearly as fast will send it nearly
   * as soon) owe us, of the slowest first; the request is booked.
   */
  next(
    peer: PickPeer,
    records: Iterable<OpenPiece>,
    slowest: number = this.#init.rateOf(peer.key) / 2,
  ): Pick | undefined {
    const { options, tracker } = this.#init
    let bestRate = slowest
    let best: OpenPiece | undefined
    let bestBlock = -1
    const silent = slowest === 0
    let probes = silent ? SILENT_PROBES : PROBES
    for (const record of records) {
      if (record.requested === 0 || record.hold === 'sole' || !mayAsk(record.piece, peer)) continue
      for (let block = 0; block < record.blocks && probes > 0; block++) {
        if (!this.#repeatable(record, block, peer)) continue
        const rate = this.#rateOfBlock(record, block)
        // Beside those that are allowed, only one of silent peers may be asked again.
        const vain = rate > 0 && record.requesterCount(block) >= options.endgameRequesters
        if (silent || !vain) probes -= 1
        if (vain || rate > bestRate || (rate === bestRate && best !== undefined)) continue
        best = record
        bestBlock = block
        bestRate = rate
        // There is none slower.
        if (rate === 0) probes = 0
      }
    }
    if (best === undefined) return undefined
    tracker.request(best.piece, bestBlock, peer.key)
    return { piece: best.piece, block: bestBlock, endgame: true }
  }

  /** One that has proven itself may be asked beside as many as are allowed when none of those sends anything. */
  #repeatable(record: OpenPiece, block: number, { key, proven }: PickPeer): boolean {
    if (record.stateOf(block) !== REQUESTED || record.requestedFrom(block, key)) return false
    return record.requesterCount(block) < (proven ? MOST_REQUESTERS : this.#init.options.endgameRequesters)
  }

  /** The rate of the fastest peer that was asked for a block. */
  #rateOfBlock(record: OpenPiece, block: number): number {
    let rate = 0
    for (let nth = 0; nth < MOST_REQUESTERS; nth++) {
      const key = record.requester(block, nth)
      if (key !== NO_PEER) rate = Math.max(rate, this.#init.rateOf(key))
    }
    return rate
  }
}
