import type { NodeInfo } from '../../codec/compact.ts'
import { toLatin1 } from '../../core/bytes.ts'
import type { Micros } from '../../core/time.ts'
import type { Unasked, WalkStep } from './lookup-request.ts'
import type { Step } from './lookup-step.ts'

type Draft = { -readonly [K in keyof WalkStep]: WalkStep[K] }

/** Of those that were left out so many are written down; others are bounded by what a look-up may ask. */
const MOST_REFUSED = 1_000

/** Whom a look-up hears of and what becomes of them, for who wants to know why it went as it did. */
export class WalkLog {
  /** By endpoint and id, in the order in which they were heard of. */
  readonly #drafts = new Map<string, Draft>()
  readonly #bySteps = new Map<Step, Draft>()
  readonly #asked = new Map<Step, Micros>()
  #refused = 0

  /** A node was named by `by` and may be asked. It may have been named before, and left out since. */
  added(step: Step, by: Step | undefined): void {
    const draft = this.#drafts.get(keyOf(step)) ?? this.#draft(step, by)
    delete draft.why
    this.#bySteps.set(step, draft)
  }

  /** A node was named by `by` and left out. */
  refused(node: NodeInfo, by: Step | undefined, why: Unasked): void {
    if (this.#drafts.has(keyOf(node)) || this.#refused++ >= MOST_REFUSED) return
    this.#draft(node, by).why = why
  }

  /** It was not asked, and will not be. */
  dropped(step: Step, why: Unasked): void {
    const draft = this.#bySteps.get(step)!
    if (draft.outcome === 'unasked') draft.why = why
  }

  asked(now: Micros, step: Step): void {
    const draft = this.#bySteps.get(step)!
    draft.queries += 1
    draft.outcome = 'silent'
    if (!this.#asked.has(step)) this.#asked.set(step, now)
  }

  failed(step: Step): void {
    const draft = this.#bySteps.get(step)!
    if (draft.outcome !== 'answered') draft.outcome = 'error'
  }

  answered(now: Micros, step: Step, named: number, peers: number): void {
    const elapsed = now - this.#asked.get(step)!
    Object.assign(this.#bySteps.get(step)!, { id: step.id, outcome: 'answered', elapsed, named, peers })
  }

  get steps(): WalkStep[] {
    return [...this.#drafts.values()].map((draft) => {
      return draft.outcome === 'unasked' ? { ...draft, why: draft.why ?? 'not-needed' } : draft
    })
  }

  #draft(node: NodeInfo, by: Step | undefined): Draft {
    const { id, address } = node
    const counts = { queries: 0, named: 0, fresh: 0, peers: 0 }
    const draft: Draft = { id, address, namedBy: by?.address, outcome: 'unasked', ...counts }
    this.#drafts.set(keyOf(node), draft)
    if (by !== undefined) this.#bySteps.get(by)!.fresh += 1
    return draft
  }
}

function keyOf({ id, address }: NodeInfo): string {
  return `${toLatin1(id)} ${address.text}`
}
