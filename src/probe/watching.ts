import type { Exchange, Watch } from './rule.ts'
import type { RuleResult } from './score.ts'

/** What was seen of the rules that hold for everything: the first complaint of each. */
export class Watching {
  readonly #watches: readonly Watch[]
  readonly #complaints = new Map<string, string>()

  constructor(watches: readonly Watch[]) {
    this.#watches = watches
  }

  see(exchange: Exchange): void {
    for (const watch of this.#watches) {
      if (this.#complaints.has(watch.id)) continue
      const complaint = watch.complaint(exchange)
      if (complaint !== undefined) this.#complaints.set(watch.id, complaint)
    }
  }

  results(): RuleResult[] {
    return this.#watches.map(({ id, level, title }) => {
      const why = this.#complaints.get(id)
      const row = { rule: id, level, title }
      return why === undefined ? { ...row, verdict: 'pass' } : { ...row, verdict: 'fail', why }
    })
  }
}
