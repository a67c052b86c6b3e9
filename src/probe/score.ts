import type { RuleLevel } from './rule.ts'

/** `not-reached`: the node had stopped answering before. */
export type Verdict = 'pass' | 'fail' | 'not-applicable' | 'not-reached'

export interface RuleResult {
  /** The row of the conformance list. */
  readonly rule: string
  readonly level: RuleLevel
  /** What the rule says of a node that keeps it, without the stop. */
  readonly title: string
  readonly verdict: Verdict
  /** What went wrong, or why it could not be seen; absent when it passed. */
  readonly why?: string
}

/** Counts of rules. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
  readonly notReached: number
}

/** `required`: what a BEP demands or recommends; `chosen`: where the BEPs are silent and it is our choice. */
export interface Score {
  readonly required: Tally
  readonly chosen: Tally
}

export function scoreOf(results: readonly RuleResult[]): Score {
  const tally = (level: RuleLevel): Tally => {
    const count = (verdict: Verdict): number =>
      results.filter((result) => result.level === level && result.verdict === verdict).length
    return {
      passed: count('pass'),
      failed: count('fail'),
      notApplicable: count('not-applicable'),
      notReached: count('not-reached'),
    }
  }
  return { required: tally('B'), chosen: tally('C') }
}
