import type { NodeInfo } from '../codec/compact.ts'
import type { Micros } from '../core/time.ts'
import type { Unasked, WalkStep } from './lookup-request.ts'
import type { Step } from './lookup-step.ts'

type Draft = { -readonly [K in keyof WalkStep]: WalkStep[K] }

/** Nodes written down of one look-up, which may be told of without end. */
const MOST = 2_000

/** Everything that happens on a look-up, for who wants to know why it went as it did. */
export class WalkLog {
  readonly #drafts = new Map<Step | string, Draft>()
  readonly #asked = new Map<Step, Micros>()

  /** A node was named by `by`, for the first time. */
  added(step: Step, by: Step | undefined): void {
    this.#draft(step, step, by)
  }

  /** A node was named by `by` and left out. */
  refused(node: NodeInfo, by: Step | undefined, why: Unasked): void {
    this.#draft(`${node.address.text} ${why}`, node, by, why)
  }

  dropped(step: Step, why: Unasked): void {
    const draft = this.#drafts.get(step)
    if (draft !== undefined) draft.why = why
  }

  asked(now: Micros, step: Step): void {
    const draft = this.#drafts.get(step)
    if (draft === undefined) return
    draft.queries += 1
    draft.outcome = 'silent'
    if (!this.#asked.has(step)) this.#asked.set(step, now)
  }

  failed(step: Step): void {
    const draft = this.#drafts.get(step)
    if (draft !== undefined && draft.outcome !== 'answered') draft.outcome = 'error'
  }

  answered(
    now: Micros,
    step: Step,
    { named, fresh, peers }: Pick<WalkStep, 'named' | 'fresh' | 'peers'>,
  ): void {
    const draft = this.#drafts.get(step)
    if (draft === undefined) return
    Object.assign(draft, {
      id: step.id,
      outcome: 'answered',
      elapsed: now - this.#asked.get(step)!,
      named,
      fresh,
      peers,
    })
  }

  /** In the order in which they were heard of. */
  get steps(): WalkStep[] {
    return [...this.#drafts.values()].map((draft) => {
      return draft.outcome === 'unasked' ? { ...draft, why: draft.why ?? 'not-needed' } : draft
    })
  }

  #draft(key: Step | string, { id, address }: NodeInfo, by: Step | undefined, why?: Unasked): void {
    if (this.#drafts.size >= MOST || this.#drafts.has(key)) return
    this.#drafts.set(key, {
      ...{ id, address, namedBy: by?.address, outcome: 'unasked', queries: 0, named: 0, fresh: 0, peers: 0 },
      ...(why === undefined ? {} : { why }),
    })
  }
}
