import type { Fault } from '../experiment/faults.ts'

export interface Regression {
  /** Name in the catalogue, or path of a module relative to the folder of the test, such as `./own.mjs`. */
  readonly scenario: string
  readonly seed: number
  readonly values: Readonly<Record<string, number>>
  readonly faults: readonly Fault[]
}

/** The text of a test module that fails as long as the scenario fails under these faults: run it with `node --test`. */
export function regressionTest({ scenario, seed, values, faults }: Regression): string {
  const title = `${scenario} holds with seed ${seed} under ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}`
  const lines = faults.map((fault) => `  ${JSON.stringify(fault)},`)
  const text = JSON.stringify(scenario)
  const isModule = scenario.includes('/')
  const source = isModule ? `fileURLToPath(new URL(${text}, import.meta.url))` : text
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
${isModule ? "import { fileURLToPath } from 'node:url'\n" : ''}import { loadScenario, runScenario } from 'lodestone/sim'

const values = ${JSON.stringify(values)}
const faults = [
${lines.join('\n')}
]

test(${JSON.stringify(title)}, async () => {
  const scenario = await loadScenario(${source})
  const { checks, violation } = runScenario(scenario, ${seed}, values, { faults })
  assert.equal(violation, undefined)
  assert.deepEqual(checks.filter(({ pass }) => !pass), [])
})
`
}
