import { resolveValues } from '../experiment/parameters.ts'
import { type RunOptions, type RunResult, runScenario } from '../experiment/run-scenario.ts'
import type { Scenario } from '../experiment/scenario.ts'

/** A scenario, played with `settings` over its defaults. Throws when an invariant was broken: such a run measures nothing. */
export function played(
  scenario: Scenario,
  seed: number,
  settings: Readonly<Record<string, number>> = {},
  options: RunOptions = {},
): RunResult {
  const given = new Map(Object.entries(settings).map(([key, value]) => [key, `${value}`]))
  const result = runScenario(scenario, seed, resolveValues(scenario, given), options)
  if (result.violation !== undefined) {
    throw new Error(`${scenario.name} with seed ${seed}: ${result.violation.text}`)
  }
  return result
}
