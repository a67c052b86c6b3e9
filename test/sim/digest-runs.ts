/**
 * Started by a test in a process of its own: begins runs of scenarios at their small size and prints their digests, a line of
 * JSON each. Arguments as `DigestRequest` in JSON.
 */
import { register } from 'node:module'
import process from 'node:process'
import type { QueueName } from '../../sim/engine/scheduler.ts'
import type { PlantedLine } from './planted-hooks.ts'

export interface DigestRequest {
  readonly queue: QueueName
  /** Virtual seconds that are run at most. */
  readonly horizon: number
  /** Default: all of the catalogue. */
  readonly scenarios?: readonly string[]
  /** A line of the source that is another in this process. */
  readonly planted?: PlantedLine
}

export interface DigestRun {
  readonly scenario: string
  readonly digest: string
  readonly events: number
}

const SEED = 1

const { queue, horizon, scenarios, planted } = JSON.parse(process.argv[2]!) as DigestRequest
if (planted !== undefined) {
  const hooks = new URL('./planted-hooks.ts', import.meta.url)
  register(hooks.href, { data: planted })
}
// Loaded only now, so that what is planted is in what they load.
const { catalogue } = await import('../../sim/experiment/catalogue.ts')
const { resolveValues } = await import('../../sim/experiment/parameters.ts')
const { runScenario } = await import('../../sim/experiment/run-scenario.ts')

for (const scenario of catalogue) {
  if (scenarios !== undefined && !scenarios.includes(scenario.name)) continue
  const values = resolveValues(scenario, new Map(), 'small')
  const { digest, events } = runScenario(scenario, SEED, values, { queue, horizon })
  const run: DigestRun = { scenario: scenario.name, digest, events }
  process.stdout.write(`${JSON.stringify(run)}\n`)
}
