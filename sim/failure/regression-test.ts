import type { Fault } from '../experiment/faults.ts'

export interface Regression {
  /** Name in the catalogue, or path of a module. */
  readonly scenario: string
  readonly seed: number
  readonly values: Readonly<Record<string, number>>
  readonly faults: readonly Fault[]
}

/** The text of a test module that fails as long as the scenario fails under these faults: run it with `node --test`. */
export function regressionTest({ scenario, seed, values, faults }: Regression): string {
  const title = `${scenario} holds with seed ${seed} under ${faults.length} faults`
  const lines = faults.map((fault) => `  ${JSON.stringify(fault)},`)
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadScenario, runScenario } from 'lodestone/sim'

const values = ${JSON.stringify(values)}
const faults = [
${lines.join('\n')}
]

test(${JSON.stringify(title)}, async () => {
  const scenario = await loadScenario(${JSON.stringify(scenario)})
  const { checks, violation } = runScenario(scenario, ${seed}, values, { faults })
  assert.equal(violation, undefined)
  assert.deepEqual(checks.filter(({ pass }) => !pass), [])
})
`
}
