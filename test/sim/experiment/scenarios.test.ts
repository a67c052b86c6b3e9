import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue } from '../../../sim/experiment/catalogue.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { type RunResult, runScenario } from '../../../sim/experiment/run-scenario.ts'

function runOf(name: string, seed: number, given: Record<string, string>): RunResult {
  const scenario = catalogue.find((one) => one.name === name)!
  return runScenario(scenario, seed, resolveValues(scenario, new Map(Object.entries(given)), 'small'))
}

function failures({ checks }: RunResult): string[] {
  return checks.filter(({ pass }) => !pass).map(({ name, value, bound }) => `${name}: ${value}, not ${bound}`)
}

// What holds of every scenario at its small size is in ../scenarios/small.test.ts.

describe('scenario bootstrap', () => {
  it('joins every node and finds exactly the true nearest with another seed', () => {
    assert.deepEqual(failures(runOf('bootstrap', 2, {})), [])
  })

  it('comes out the same for the same seed, and otherwise for another', () => {
    const few = { nodes: '30', lookups: '40' }
    const once = runOf('bootstrap', 1, few)
    assert.deepEqual(runOf('bootstrap', 1, few), once)
    assert.notEqual(runOf('bootstrap', 2, few).digest, once.digest)
  })
})

describe('scenario swarm', () => {
  // So short a download is over before peers have much to give each other.
  const small = { peers: '8', length: '1M', piece: '64k', spread: '5', copies: '5' }

  it('comes out the same for the same seed, and otherwise for another', () => {
    const once = runOf('swarm', 1, small)
    assert.deepEqual(runOf('swarm', 1, small), once)
    assert.notEqual(runOf('swarm', 2, small).digest, once.digest)
  })

  it('completes with a last piece and a last block that are short, and with one lone downloader', () => {
    const odd = { peers: '2', length: '100001', piece: '32k', spread: '0', copies: '5' }
    assert.deepEqual(failures(runOf('swarm', 1, odd)), [])
  })

  it('says which checks fail when there is not enough time', () => {
    const result = runOf('swarm', 1, { ...small, limit: '1' })
    assert.equal(result.passed, false)
    assert.deepEqual(
      result.checks.filter(({ pass }) => !pass).map(({ name }) => name),
      ['peers complete', 'peers whose files are right'],
    )
  })
})
