/** Something under mutated input, from valid seeds. The same seed of the dice gives the same cases. */
export interface FuzzTarget {
  /** Cases so far. */
  readonly fed: number
  /**
   * Feeds one case, and throws with the case when it does harm: an error that is none of the documented ones, or a cap that does
   * not hold. `clock`: called before and after what is under test has it.
   */
  step(clock?: () => void): void
  /** What was understood and what is kept, in one line. */
  summary(): string
}

/** Several targets by turns, as one. */
export function byTurns(...targets: readonly FuzzTarget[]): FuzzTarget {
  let fed = 0
  return {
    get fed() {
      return fed
    },
    step(clock) {
      targets[fed % targets.length]!.step(clock)
      fed += 1
    },
    summary: () => targets.map((target) => target.summary()).join('; '),
  }
}
