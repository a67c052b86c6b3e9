import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue } from '../../../sim/experiment/catalogue.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { type RunResult, runScenario } from '../../../sim/experiment/run-scenario.ts'

function runOf(name: string, seed: number, given: Record<string, string>): RunResult {
  const scenario = catalogue.find((one) => one.name === name)!
  return runScenario(scenario, seed, resolveValues(scenario, new Map(Object.entries(given))))
}

function failures({ checks }: RunResult): string[] {
  return checks.filter(({ pass }) => !pass).map(({ name, value, bound }) => `${name}: ${value}, not ${bound}`)
}

describe('scenario bootstrap', () => {
  const small = { nodes: '60', spread: '20', settle: '20', lookups: '100' }

  it('joins every node and finds exactly the true nearest', () => {
    for (const seed of [1, 2]) assert.deepEqual(failures(runOf('bootstrap', seed, small)), [])
  })

  it('is the same run for the same seed, and another for another', () => {
    const once = runOf('bootstrap', 1, small)
    assert.deepEqual(runOf('bootstrap', 1, small), once)
    assert.notEqual(runOf('bootstrap', 2, small).digest, once.digest)
  })

  it('joins and finds when one datagram in twenty is lost', () => {
    const result = runOf('bootstrap', 2, { ...small, loss: '0.05' })
    const joined = result.checks.find(({ name }) => name === 'nodes joined')
    assert.equal(joined?.pass, true)
  })
})

describe('scenario swarm', () => {
  // So short a download is over before peers have much to give each other.
  const small = { peers: '8', length: '1M', piece: '64k', spread: '5', copies: '5' }

  it('completes every download from one seed by magnet link, with the right bytes', () => {
    for (const seed of [1, 2]) assert.deepEqual(failures(runOf('swarm', seed, small)), [])
  })

  it('is the same run for the same seed, and another for another', () => {
    const once = runOf('swarm', 1, small)
    assert.deepEqual(runOf('swarm', 1, small), once)
    assert.notEqual(runOf('swarm', 2, small).digest, once.digest)
  })

  it('completes with a last piece and a last block that are short, and with one lone downloader', () => {
    const odd = { peers: '2', length: '100001', piece: '32k', spread: '0' }
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
