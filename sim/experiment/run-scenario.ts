import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { World } from '../hosts/world.ts'
import { type Check, Report } from './report.ts'
import type { Scenario } from './scenario.ts'

/** What came out of a run; a function of scenario, seed and values alone. */
export interface RunResult {
  readonly scenario: string
  readonly seed: number
  /** Fingerprint of the whole order of events. */
  readonly digest: string
  readonly virtualMs: number
  readonly events: number
  readonly metrics: Readonly<Record<string, number>>
  readonly checks: readonly Check[]
  readonly passed: boolean
}

export function runScenario(
  scenario: Scenario,
  seed: number,
  values: Readonly<Record<string, number>>,
  progress?: (now: Micros, text: string) => void,
): RunResult {
  const world = new World({ seed, network: scenario.network?.(values) ?? {} })
  const report = new Report(progress)
  scenario.run(world, values, report)
  return {
    scenario: scenario.name,
    seed,
    digest: world.scheduler.digest,
    virtualMs: Math.floor(world.now / MILLISECOND),
    events: world.scheduler.events,
    metrics: report.metrics,
    checks: report.checks,
    passed: report.passed,
  }
}
