import type { Micros } from '../../core/time.ts'
import type { Caller, CallFailure, Reply } from '../asking/querier.ts'
import type { Step } from './lookup-step.ts'

/** The look-up that a query belongs to. */
interface Asking {
  answered(now: Micros, call: Call, reply: Reply): void
  failed(now: Micros, call: Call, why: CallFailure, code: number): void
  slowed(now: Micros, call: Call): void
}

/** One query of a look-up to the node of a step. */
export class Call implements Caller {
  readonly #lookup: Asking
  readonly step: Step
  isSlow = false
  /** It asks for samples of what the node keeps (BEP 51). */
  readonly isSampling: boolean

  constructor(lookup: Asking, step: Step, isSampling: boolean) {
    this.isSampling = isSampling
    this.#lookup = lookup
    this.step = step
  }

  answered(now: Micros, reply: Reply): void {
    this.#lookup.answered(now, this, reply)
  }

  failed(now: Micros, why: CallFailure, code: number): void {
    this.#lookup.failed(now, this, why, code)
  }

  slow(now: Micros): void {
    this.#lookup.slowed(now, this)
  }
}
