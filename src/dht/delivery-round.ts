import type { Micros } from '../core/time.ts'
import type { TokenHolder } from './lookup-request.ts'
import type { Question } from './outbox.ts'
import type { Caller, CallFailure, Querier } from './querier.ts'

/** KRPC error of a token that is not (or no longer) good. */
const BAD_TOKEN = 203

/** What is brought to nodes: an announce (BEP 5) or an item (BEP 44). */
export interface Delivery {
  /** What `holder` is told. */
  question(holder: TokenHolder): Question
  /** What gets a new token for it. */
  readonly renewal: Question
}

export interface Delivered {
  /** Nodes that took it. */
  readonly taken: number
  /** The KRPC error that most of those gave who refused it; 0 when nobody did. */
  readonly refusal: number
}

/**
 * Brings something to the nodes that a look-up ended with, to each with its own token. A node that refuses the token is asked for a new
 * one, once. Over when all have answered, failed, or become slow.
 */
export class DeliveryRound {
  readonly #querier: Pick<Querier, 'ask'>
  readonly #delivery: Delivery
  readonly #done: (now: Micros, delivered: Delivered) => void
  readonly #refusals = new Map<number, number>()
  #open = 0
  #taken = 0
  #isOver = false

  constructor(
    querier: Pick<Querier, 'ask'>,
    delivery: Delivery,
    done: (now: Micros, delivered: Delivered) => void,
  ) {
    this.#querier = querier
    this.#delivery = delivery
    this.#done = done
  }

  begin(now: Micros, holders: readonly TokenHolder[]): void {
    this.#open = holders.length
    for (const holder of holders) this.#tell(now, holder, true)
    if (holders.length === 0) this.#finish(now)
  }

  /** Reports what there is. */
  cancel(now: Micros): void {
    this.#finish(now)
  }

  #tell(now: Micros, holder: TokenHolder, mayRenew: boolean): void {
    const settle = this.#once()
    const caller: Caller = {
      answered: (at) => {
        if (!this.#isOver) this.#taken += 1
        settle(at)
      },
      failed: (at, why: CallFailure, code) => {
        if (why === 'error' && code === BAD_TOKEN && mayRenew && !this.#isOver)
          this.#renew(at, holder, settle)
        else {
          if (why === 'error') this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1)
          settle(at)
        }
      },
      slow: settle,
    }
    const question = this.#delivery.question(holder)
    if (!this.#querier.ask(now, holder.address, holder.id, question, caller)) settle(now)
  }

  #renew(now: Micros, holder: TokenHolder, settle: (now: Micros) => void): void {
    const asked = this.#querier.ask(now, holder.address, holder.id, this.#delivery.renewal, {
      answered: (at, { token }) => {
        if (token === undefined || this.#isOver) settle(at)
        else {
          this.#open += 1
          this.#tell(at, { ...holder, token }, false)
          settle(at)
        }
      },
      failed: settle,
      slow: settle,
    })
    if (!asked) settle(now)
  }

  /** What ends the wait for one node, however often it is called. */
  #once(): (now: Micros) => void {
    let isSettled = false
    return (now) => {
      if (isSettled) return
      isSettled = true
      this.#open -= 1
      if (this.#open === 0) this.#finish(now)
    }
  }

  #finish(now: Micros): void {
    if (this.#isOver) return
    this.#isOver = true
    let refusal = 0
    for (const [code, count] of this.#refusals) {
      if (count > (this.#refusals.get(refusal) ?? 0)) refusal = code
    }
    this.#done(now, { taken: this.#taken, refusal })
  }
}
