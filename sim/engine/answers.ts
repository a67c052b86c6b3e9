import type { ErrorCode } from '../../src/core/errors.ts'
import type { Micros } from '../../src/core/time.ts'
import type { Inputs, Outcome, Ticket } from '../../src/session/ports.ts'
import type { Scheduler } from './scheduler.ts'

/** Whose tickets they are: a place with the machine that lives there, if one runs. */
export interface Asker {
  readonly index: number
  readonly inputs: Inputs | undefined
}

interface Answer {
  readonly answers: Answers
  readonly produce: () => Outcome
}

/** The kind of event by which all machines of a world get their answers. */
export function registerAnswers(scheduler: Scheduler): number {
  return scheduler.register('answer', (_destination, ticket, subject) => {
    const { answers, produce } = subject as Answer
    answers.deliver(ticket, produce)
  })
}

/** Completes the tickets of one machine, at their time and never within its call; of none once the machine has ended. */
export class Answers {
  readonly #scheduler: Scheduler
  readonly #kind: number
  readonly #asker: Asker
  #ended = false

  constructor(scheduler: Scheduler, kind: number, asker: Asker) {
    this.#scheduler = scheduler
    this.#kind = kind
    this.#asker = asker
  }

  get now(): Micros {
    return this.#scheduler.now
  }

  /** What `produce` does happens at `at`, or not at all when the machine ends before. */
  give(at: Micros, ticket: Ticket, produce: () => Outcome): void {
    const { index } = this.#asker
    this.#scheduler.schedule(at, index, index, this.#kind, ticket, { answers: this, produce })
  }

  succeed(ticket: Ticket, value: unknown): void {
    this.give(this.now, ticket, () => ({ ok: true, value }))
  }

  fail(ticket: Ticket, code: ErrorCode, message: string): void {
    this.give(this.now, ticket, () => failure(code, message))
  }

  deliver(ticket: Ticket, produce: () => Outcome): void {
    if (!this.#ended) this.#asker.inputs?.completed(this.now, ticket, produce())
  }

  end(): void {
    this.#ended = true
  }
}

export function failure(code: ErrorCode, message: string): Outcome {
  return { ok: false, failure: { code, message } }
}
