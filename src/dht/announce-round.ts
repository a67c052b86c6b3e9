import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import type { LookupRequest, TokenHolder } from './lookup-request.ts'
import type { Question } from './outbox.ts'
import type { Caller, CallFailure, Querier } from './querier.ts'

/** KRPC error of a token that is not (or no longer) good. */
const BAD_TOKEN = 203

/**
 * Announces to the nodes that a look-up ended with (BEP 5, "announce_peer"), to each with its own token. A node that
 * refuses the token is asked for a new one, once. Over when all have answered, failed, or become slow.
 */
export class AnnounceRound {
  readonly #querier: Pick<Querier, 'ask'>
  readonly #infoHash: Id
  readonly #announce: NonNullable<LookupRequest['announce']>
  readonly #done: (now: Micros, announced: number) => void
  #open = 0
  #announced = 0
  #isOver = false

  constructor(
    querier: Pick<Querier, 'ask'>,
    infoHash: Id,
    announce: NonNullable<LookupRequest['announce']>,
    done: (now: Micros, announced: number) => void,
  ) {
    this.#querier = querier
    this.#infoHash = infoHash
    this.#announce = announce
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
    const question: Question = {
      method: 'announce_peer',
      target: this.#infoHash,
      token: holder.token,
      port: this.#announce.port,
      impliedPort: this.#announce.implied,
      seed: this.#announce.seeds,
    }
    const settle = this.#once()
    const caller: Caller = {
      answered: (at) => {
        if (!this.#isOver) this.#announced += 1
        settle(at)
      },
      failed: (at, why: CallFailure, code) => {
        if (why === 'error' && code === BAD_TOKEN && mayRenew && !this.#isOver)
          this.#renew(at, holder, settle)
        else settle(at)
      },
      slow: settle,
    }
    if (!this.#querier.ask(now, holder.address, holder.id, question, caller)) settle(now)
  }

  #renew(now: Micros, holder: TokenHolder, settle: (now: Micros) => void): void {
    const question: Question = { method: 'get_peers', target: this.#infoHash }
    const asked = this.#querier.ask(now, holder.address, holder.id, question, {
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
    this.#done(now, this.#announced)
  }
}
