import { SparseMap } from '../core/sparse-map.ts'
import type { Micros } from '../core/time.ts'
import type { Failure, Outcome, Ticket } from './ports.ts'

/** What happens when a question is answered; `failure` is `undefined` when it went well, and then `value` is the port's. */
export type Completion = (now: Micros, value: unknown, failure: Failure | undefined) => void

/** Outstanding asynchronous questions. A completion whose ticket is unknown (late, or a second one) is counted and dropped. */
export class Tickets {
  readonly #pending = new SparseMap<Ticket, Completion>()
  #next = 1
  unknown = 0

  get size(): number {
    return this.#pending.size
  }

  issue(completion: Completion): Ticket {
    const ticket = this.#next++
    this.#pending.set(ticket, completion)
    return ticket
  }

  complete(now: Micros, ticket: Ticket, outcome: Outcome): void {
    const completion = this.#pending.get(ticket)
    if (completion === undefined) {
      this.unknown += 1
      return
    }
    this.#pending.delete(ticket)
    if (outcome.ok) completion(now, outcome.value, undefined)
    else completion(now, undefined, outcome.failure)
  }
}
