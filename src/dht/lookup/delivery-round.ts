import type { Micros } from '../../core/time.ts'
import type { Question } from '../asking/outbox.ts'
import type { Caller, CallFailure, Querier } from '../asking/querier.ts'
import type { TokenHolder } from './lookup-request.ts'

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

interface Wait {
  isOver: boolean
  /** However often it is called. */
  end(now: Micros): void
}

/**
 * Brings something to the nodes that a look-up ended with, to each with its own token. A node that refuses the token is asked for a new
 * one, once, and one that is slow is told again. Over when all have answered, failed, or been slow twice.
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

  /** `isAgain`: whoever is slow is told a second time, for datagrams get lost. */
  #tell(
    now: Micros,
    holder: TokenHolder,
    mayRenew: boolean,
    wait: Wait = this.#wait(),
    isAgain = false,
  ): void {
    const question = this.#delivery.question(holder)
    const caller: Caller = {
      answered: (at) => {
        if (!this.#isOver && !wait.isOver) this.#taken += 1
        wait.end(at)
      },
      failed: (at, why: CallFailure, code) => {
        if (why === 'error' && code === BAD_TOKEN && mayRenew && !this.#isOver) this.#renew(at, holder, wait)
        else {
          if (why === 'error' && !wait.isOver) this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1)
          wait.end(at)
        }
      },
      slow: (at) => {
        // If only the answer got lost, what is there already is no longer as `cas` says: such a one is waited for.
        if (this.#isOver || wait.isOver || question.cas !== undefined) return
        if (isAgain) wait.end(at)
        else this.#tell(at, holder, false, wait, true)
      },
    }
    if (!this.#querier.ask(now, holder.address, holder.id, question, caller)) wait.end(now)
  }

  #renew(now: Micros, holder: TokenHolder, wait: Wait): void {
    const end = (at: Micros): void => wait.end(at)
    const asked = this.#querier.ask(now, holder.address, holder.id, this.#delivery.renewal, {
      answered: (at, { token }) => {
        if (token === undefined || this.#isOver) end(at)
        else this.#tell(at, { ...holder, token }, false, wait)
      },
      failed: end,
      slow: end,
    })
    if (!asked) end(now)
  }

  /** The wait for one node. */
  #wait(): Wait {
    const wait: Wait = {
      isOver: false,
      end: (now) => {
        if (wait.isOver) return
        wait.isOver = true
        this.#open -= 1
        if (this.#open === 0) this.#finish(now)
      },
    }
    return wait
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
