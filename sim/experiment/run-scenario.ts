import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { World } from '../hosts/world.ts'
import { type Check, Findings, type Flow, type Series } from './findings.ts'
import type { Scenario } from './scenario.ts'

/** What came out of a run; a function of scenario, seed and values alone. Plain data. */
export interface RunResult {
  readonly scenario: string
  readonly seed: number
  readonly values: Readonly<Record<string, number>>
  /** Fingerprint of the whole order of events. */
  readonly digest: string
  readonly virtualMs: number
  readonly events: number
  readonly metrics: Readonly<Record<string, number>>
  readonly checks: readonly Check[]
  readonly passed: boolean
  /** All values of what was counted more than once, ascending, by name. */
  readonly samples: Readonly<Record<string, readonly number[]>>
  readonly series: Readonly<Record<string, Series>>
  readonly flows: readonly Flow[]
}

export function runScenario(
  scenario: Scenario,
  seed: number,
  values: Readonly<Record<string, number>>,
  progress?: (now: Micros, text: string) => void,
): RunResult {
  const world = new World({ seed, network: scenario.network?.(values) ?? {} })
  const findings = new Findings(progress)
  scenario.run(world, values, findings)
  const { metrics, checks, passed, samples, series, flows } = findings
  return {
    scenario: scenario.name,
    seed,
    values,
    digest: world.scheduler.digest,
    virtualMs: Math.floor(world.now / MILLISECOND),
    events: world.scheduler.events,
    metrics,
    checks,
    passed,
    samples,
    series,
    flows,
  }
}
