import type { Failure, Inputs, Ticket } from '../session/ports.ts'
import { now } from './now.ts'

const DEAF: Inputs = {
  timer() {},
  datagram() {},
  accepted() {},
  connected() {},
  chunk() {},
  sent() {},
  streamClosed() {},
  completed() {},
  command() {},
}

/**
 * The ports' one way up. It stamps completions with their time, keeps them out of the port call that asked (an input never
 * nests in another), and knows what is still under way. Before `attach` and after `detach` inputs go nowhere.
 */
export class Inbox {
  #inputs: Inputs = DEAF
  #underWay = 0
  #idle: (() => void)[] = []

  get inputs(): Inputs {
    return this.#inputs
  }

  attach(inputs: Inputs): void {
    this.#inputs = inputs
  }

  detach(): void {
    this.#inputs = DEAF
  }

  /** Completes `ticket` as `work` ends; `blame` words its error for a person. */
  settle(ticket: Ticket, work: Promise<unknown>, blame: (error: unknown) => Failure): void {
    this.#underWay += 1
    void work.then(
      (value) => {
        this.#ended()
        this.#inputs.completed(now(), ticket, { ok: true, value })
      },
      (error: unknown) => {
        this.#ended()
        this.#inputs.completed(now(), ticket, { ok: false, failure: blame(error) })
      },
    )
  }

  /** Resolves when nothing that was given to `settle` is under way. */
  idle(): Promise<void> {
    return this.#underWay === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }

  #ended(): void {
    this.#underWay -= 1
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}
