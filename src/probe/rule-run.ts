import { toLatin1 } from '../core/bytes.ts'
import type { TokenBucket } from '../core/rate.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { Notebook } from './notebook.ts'
import type { ProbeOptions } from './probe-options.ts'
import type { Reply } from './reply.ts'
import type { Case, Step } from './rule.ts'
import type { SourceName } from './sources.ts'
import { Trial } from './trial.ts'

export interface RuleRunParts {
  readonly notebook: Notebook
  readonly options: ProbeOptions
  readonly pace: TokenBucket
  readonly send: (source: SourceName, bytes: Uint8Array) => void
}

/** Characters of a datagram that are shown. */
const EXCERPT = 90

/** The cases of one rule, one step after the other; a complaint ends its case. */
export class RuleRun {
  state: 'running' | 'passed' | 'failed' | 'silent' = 'running'
  /** What was wrong, in words that name the datagram. */
  complaint = ''
  /** Where the last datagram left from. */
  source: SourceName = 'main'
  readonly #parts: RuleRunParts
  readonly #cases: readonly Case[]
  #case = 0
  #step = 0
  #trial: Trial | undefined

  constructor(now: Micros, cases: readonly Case[], parts: RuleRunParts) {
    this.#parts = parts
    this.#cases = cases
    parts.notebook.turnPage()
    this.#next(now)
  }

  nextDeadline(): Micros {
    return this.#trial?.nextDeadline() ?? NEVER
  }

  /** What was sent last. */
  get sent(): Uint8Array | undefined {
    return this.#trial?.sent
  }

  tick(now: Micros): void {
    this.#trial?.tick(now)
    this.#settle(now)
  }

  receive(now: Micros, source: SourceName, reply: Reply): void {
    if (this.#trial?.source !== source) return
    this.#trial.receive(now, reply)
    this.#settle(now)
  }

  /** Goes on as far as it goes without waiting. */
  #settle(now: Micros): void {
    while (this.#trial?.outcome !== undefined) {
      const trial = this.#trial
      this.#trial = undefined
      const complaint = this.#judge(trial, this.#cases[this.#case]![this.#step]!)
      if (trial.outcome === 'silent') {
        this.state = 'silent'
        this.complaint = complaint!
      } else this.#advance(now, complaint)
    }
  }

  /** What is wrong with what came of a step; `undefined`: nothing. */
  #judge(trial: Trial, step: Step): string | undefined {
    const { notebook } = this.#parts
    const { outcome } = trial
    const { expect, keep } = step
    if (outcome === 'silent') return `it stopped answering after ${excerpt(trial, step)}`
    if (outcome === 'revived') return `it stopped answering after ${excerpt(trial, step)} and came back`
    if (outcome === 'renamed') return `after ${excerpt(trial, step)} it goes by another id`
    if (outcome === 'nothing' || outcome === undefined) {
      const isFine = expect.outcome === 'drop' || expect.outcome === 'any'
      return isFine ? undefined : `to ${excerpt(trial, step)} it did not answer, instead of ${expect.text}`
    }
    notebook.reply = outcome
    const wrong = expect.complaint(outcome, notebook)
    if (wrong !== undefined) return `to ${excerpt(trial, step)} ${wrong}, instead of ${expect.text}`
    const token = outcome.fields?.get('token')
    if (keep !== undefined && token instanceof Uint8Array) notebook.keepToken(keep, token)
    return undefined
  }

  /** Goes on with the next step, or after a complaint with the next case. */
  #advance(now: Micros, complaint: string | undefined): void {
    this.#note(complaint)
    this.#step += 1
    if (complaint !== undefined || this.#step === this.#cases[this.#case]!.length) {
      this.#step = 0
      this.#case += 1
      this.#parts.notebook.turnPage()
    }
    this.#next(now)
  }

  /** The first complaint counts, but for one that the node fell silent. */
  #note(complaint: string | undefined): void {
    if (complaint === undefined) return
    const isGrave = complaint.startsWith('it stopped') && !this.complaint.startsWith('it stopped')
    if (this.complaint === '' || isGrave) this.complaint = complaint
  }

  #next(now: Micros): void {
    const step = this.#cases[this.#case]?.[this.#step]
    if (step === undefined) {
      this.state = this.complaint === '' ? 'passed' : 'failed'
      return
    }
    this.#trial = new Trial(now, { step, ...this.#parts })
    this.source = this.#trial.source
    this.#trial.tick(now)
  }
}

/** What was sent: as the list writes it where it stands there, cut where it is long. */
function excerpt({ sent }: Trial, { send, text }: Step): string {
  if (text !== undefined) return text
  const written = typeof send === 'string' ? send : toLatin1(sent.subarray(0, EXCERPT + 1))
  return written.length > EXCERPT ? `"${plain(written.slice(0, EXCERPT))}…"` : `"${plain(written)}"`
}

function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
