import { type Address, sameAddress } from '../../core/address.ts'
import { readUint32 } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import type { Rng } from '../../core/rng.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { DhtOptions } from '../options.ts'

/** A query of ours that is outstanding. */
export interface Transaction<Caller> {
  readonly key: number
  readonly address: Address
  /** Whom we asked; `undefined` when only the address was known. */
  readonly expected: Id | undefined
  readonly caller: Caller
  readonly sent: Micros
  /** Soft deadline: after it the caller goes on without waiting. */
  readonly patience: Micros
}

const TRANSACTION_LENGTH = 4
/** By so much of itself, one up and one down together, answers move the soft timeout. */
const STEP = 1 / 5
/** So many answers move it by more: nobody knows anything at first. */
const FIRST = 16
const FIRST_STEP = 1 / 2
/** Room above the time that it follows, so that answers which all take equally long are not slow now and then. */
const MARGIN = 9 / 8

/**
 * Outstanding queries by transaction id (BEP 5, "KRPC Protocol"). Ids are four secret random bytes, unique among all that
 * are outstanding, and match only together with the address. A query that passes its soft timeout is slow, but its reply
 * counts until the hard one.
 */
export class Transactions<Caller> {
  readonly #options: DhtOptions
  readonly #secret: Rng
  /** In the order of sending. Few as a rule, so that looking through them beats a map, which each node would pay for. */
  readonly #outstanding: Transaction<Caller>[] = []
  /** So many of them, from the first, have become slow. */
  #slow = 0
  /** So long take all answers but the slowest; 0 before there was any. */
  #usual: Micros = 0
  /** Answers that it follows, as far as that matters. */
  #measured = 0

  constructor(options: DhtOptions, secret: Rng) {
    this.#options = options
    this.#secret = secret
  }

  get size(): number {
    return this.#outstanding.length
  }

  get full(): boolean {
    return this.#outstanding.length >= this.#options.maxTransactions
  }

  /** The caller has looked at `full`. */
  open(now: Micros, address: Address, expected: Id | undefined, caller: Caller): Transaction<Caller> {
    let key = this.#secret.u32()
    while (this.#place(key) >= 0) key = this.#secret.u32()
    const transaction = { key, address, expected, caller, sent: now, patience: now + this.#patience() }
    this.#outstanding.push(transaction)
    return transaction
  }

  /** Ends and returns the transaction of a reply; `undefined` unless id and address both match. */
  take(address: Address, id: Uint8Array): Transaction<Caller> | undefined {
    if (id.length !== TRANSACTION_LENGTH) return undefined
    const place = this.#place(readUint32(id, 0))
    const transaction = this.#outstanding[place]
    if (transaction === undefined || !sameAddress(transaction.address, address)) return undefined
    this.#remove(place)
    return transaction
  }

  /**
   * A reply took so long. The soft timeout follows the time within which a share of all answers come (`softTimeoutShare`): each answer moves it
   * a little, up or down as far as keeps that share in balance, so that nothing needs to be kept of them.
   */
  measured(time: Micros): void {
    const { softTimeout, softTimeoutShare } = this.#options
    if (this.#measured === 0) this.#usual = softTimeout * SECOND
    const step = this.#measured < FIRST ? FIRST_STEP : STEP
    if (this.#measured < FIRST) this.#measured += 1
    const way = time > this.#usual ? softTimeoutShare : softTimeoutShare - 1
    this.#usual += Math.round(this.#usual * step * way)
  }

  /** The next that has become slow; each is returned once. */
  takeSlow(now: Micros): Transaction<Caller> | undefined {
    const first = this.#outstanding[this.#slow]
    if (first === undefined || first.patience > now) return undefined
    this.#slow += 1
    return first
  }

  /** The next that has failed; it is forgotten. */
  takeFailed(now: Micros): Transaction<Caller> | undefined {
    const first = this.#outstanding[0]
    if (first === undefined || this.#hardDeadline(first) > now) return undefined
    this.#remove(0)
    return first
  }

  /** When one becomes slow or fails. Patience changes little from one query to the next, so the oldest stands for all. */
  nextDeadline(): Micros {
    const prompt = this.#outstanding[this.#slow]?.patience ?? NEVER
    const oldest = this.#outstanding[0]
    return Math.min(prompt, oldest === undefined ? NEVER : this.#hardDeadline(oldest))
  }

  /** Forgets all and returns them. */
  clear(): Transaction<Caller>[] {
    this.#slow = 0
    return this.#outstanding.splice(0)
  }

  #place(key: number): number {
    for (let place = 0; place < this.#outstanding.length; place++) {
      if (this.#outstanding[place]!.key === key) return place
    }
    return -1
  }

  #remove(place: number): void {
    if (place < this.#slow) this.#slow -= 1
    // A call of `splice` makes an array of what it takes out.
    for (let i = place + 1; i < this.#outstanding.length; i++)
      this.#outstanding[i - 1] = this.#outstanding[i]!
    this.#outstanding.pop()
  }

  #hardDeadline(transaction: Transaction<Caller>): Micros {
    return transaction.sent + this.#options.hardTimeout * SECOND
  }

  #patience(): Micros {
    const { hardTimeout, softTimeout, softTimeoutLeast, softTimeoutMost } = this.#options
    if (this.#usual === 0) return softTimeout * SECOND
    const least = softTimeoutLeast * SECOND
    const usual = Math.round(this.#usual * MARGIN)
    return Math.min(Math.max(usual, least), softTimeoutMost * SECOND, hardTimeout * SECOND)
  }
}
