import type { Micros } from '../core/time.ts'
import type { Step } from './lookup-step.ts'
import type { Caller, CallFailure, Reply } from './querier.ts'

/** The look-up that a query belongs to. */
interface Asking {
  answered(now: Micros, call: Call, reply: Reply): void
  failed(now: Micros, call: Call, why: CallFailure): void
  slowed(now: Micros, call: Call): void
}

/** One query of a look-up to the node of a step. */
export class Call implements Caller {
  readonly #lookup: Asking
  readonly step: Step
  isSlow = false

  constructor(lookup: Asking, step: Step) {
    this.#lookup = lookup
    this.step = step
  }

  answered(now: Micros, reply: Reply): void {
    this.#lookup.answered(now, this, reply)
  }

  failed(now: Micros, why: CallFailure): void {
    this.#lookup.failed(now, this, why)
  }

  slow(now: Micros): void {
    this.#lookup.slowed(now, this)
  }
}
