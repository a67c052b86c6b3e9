import type { Micros } from '../core/time.ts'
import type { JournalRecord } from './journal.ts'

/** Appends to a journal, one at a time; records that come meanwhile go together in the next. */
export class JournalAppends {
  readonly #append: (records: readonly JournalRecord[], done: (now: Micros) => void) => void
  /** Records that wait for the append under way, and who waits for them. */
  #queued: JournalRecord[] = []
  #answers: ((now: Micros) => void)[] = []
  #appending = false

  /** `append` calls `done` even when it fails. */
  constructor(append: (records: readonly JournalRecord[], done: (now: Micros) => void) => void) {
    this.#append = append
  }

  add(record: JournalRecord, done?: (now: Micros) => void): void {
    this.#queued.push(record)
    if (done !== undefined) this.#answers.push(done)
    if (!this.#appending) this.#next()
  }

  #next(): void {
    const records = this.#queued
    const answers = this.#answers
    this.#queued = []
    this.#answers = []
    this.#appending = true
    this.#append(records, (now) => {
      this.#appending = false
      for (const answer of answers) answer(now)
      if (this.#queued.length > 0 && !this.#appending) this.#next()
    })
  }
}
