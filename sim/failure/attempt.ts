import { LodestoneError } from '../../src/core/errors.ts'
import type { Fault } from '../experiment/faults.ts'
import type { Check } from '../experiment/findings.ts'
import {
  type BrokenBaseline,
  type RunOptions,
  type RunResult,
  runScenario,
} from '../experiment/run-scenario.ts'
import type { Scenario } from '../experiment/scenario.ts'
import type { Stage } from '../experiment/stage.ts'
import type { World } from '../hosts/world.ts'
import type { Violation } from '../invariants/invariant.ts'

/**
 * How a run failed: an invariant was broken, in it or in its baseline, checks do not hold, or something was thrown by its event
 * of this number.
 */
export type Failure =
  | { readonly kind: 'violation'; readonly violation: Violation }
  | ({ readonly kind: 'baseline' } & BrokenBaseline)
  | { readonly kind: 'checks'; readonly checks: readonly Check[] }
  | { readonly kind: 'thrown'; readonly error: Error; readonly event: number }

/** A run with what is left of it to be looked at, whatever came of it. */
export interface Attempt {
  /** `undefined`: it was thrown out of. */
  readonly result: RunResult | undefined
  readonly failure: Failure | undefined
  /** `undefined`: it did not come so far. */
  readonly stage: Stage | undefined
  /** What was to go wrong in it. */
  readonly faults: readonly Fault[]
}

/** Plays a scenario and takes what it throws for a failure. Throws usage errors, which are not the run's. */
export function attempt(
  scenario: Scenario,
  seed: number,
  values: Readonly<Record<string, number>>,
  options: RunOptions = {},
): Attempt {
  let world: World | undefined
  let stage: Stage | undefined
  let faults: readonly Fault[] = []
  try {
    const result = runScenario(scenario, seed, values, {
      ...options,
      watch: (empty) => {
        world = empty
        options.watch?.(empty)
      },
      staged: (peopled, planned) => {
        stage = peopled
        faults = planned
        options.staged?.(peopled, planned)
      },
    })
    return { result, failure: failureOf(result), stage, faults }
  } catch (thrown) {
    if (thrown instanceof LodestoneError && thrown.kind === 'usage') throw thrown
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    const event = world?.scheduler.events ?? 0
    return { result: undefined, failure: { kind: 'thrown', error, event }, stage, faults }
  }
}

/** Two failures with the same words here are taken for the same failure. */
export function mannerOf(failure: Failure): string {
  switch (failure.kind) {
    case 'violation':
      return `invariant: ${failure.violation.invariant}`
    case 'baseline':
      return `invariant in the baseline: ${failure.violation.invariant}`
    case 'checks':
      return `check: ${failure.checks[0]!.name}`
    case 'thrown':
      return `thrown: ${failure.error.message}`
  }
}

function failureOf({ passed, checks, violation, brokenBaseline }: RunResult): Failure | undefined {
  if (violation !== undefined) return { kind: 'violation', violation }
  if (brokenBaseline !== undefined) return { kind: 'baseline', ...brokenBaseline }
  return passed ? undefined : { kind: 'checks', checks: checks.filter(({ pass }) => !pass) }
}
