import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue } from '../../../sim/experiment/catalogue.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'

describe('at its small size, within its bounds and with no invariant broken, runs', () => {
  for (const scenario of catalogue) {
    it(`scenario ${scenario.name}`, () => {
      const { checks, violation } = runScenario(scenario, 1, resolveValues(scenario, new Map(), 'small'))
      assert.equal(violation, undefined)
      const failed = checks.filter(({ pass }) => !pass)
      assert.deepEqual(
        failed.map(({ name, value, bound }) => `${name}: ${value}, not ${bound}`),
        [],
      )
      assert.ok(checks.length > 1, 'nothing but the invariants was checked')
    })
  }
})
