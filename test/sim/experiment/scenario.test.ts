import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Findings } from '../../../sim/experiment/findings.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'
import { defineScenario, resolveValues } from '../../../sim/experiment/scenario.ts'

const scenario = defineScenario({
  name: 'try',
  description: 'Draws from the world.',
  parameters: {
    hosts: { text: 'hosts', fallback: 3, min: 1, max: 10, unit: 'count' },
    size: { text: 'of something', fallback: 1_024, min: 1, max: 1_048_576, unit: 'bytes' },
    loss: { text: 'lost', fallback: 0, min: 0, max: 1, unit: 'factor' },
  },
  network: ({ loss }) => ({ loss }),
  run(world, { hosts, size, loss }, findings) {
    for (let i = 0; i < hosts; i++) world.addHost()
    assert.equal(world.network.options.loss, loss)
    world.at(5_000, () => findings.metric('x', world.hosts[0]!.position.x))
    world.run(10_000)
    findings.metric('size', size)
    findings.atLeast('hosts', world.hosts.length, 3)
    findings.atMost('size', size, 2_048)
  },
})

function values(given: Record<string, string>): Record<string, number> {
  return resolveValues(scenario, new Map(Object.entries(given)))
}

describe('a scenario', () => {
  it('takes its defaults, and what was given over them', () => {
    assert.deepEqual(values({}), { hosts: 3, size: 1_024, loss: 0 })
    assert.deepEqual(values({ hosts: '7', size: '1.5k', loss: '0.25' }), {
      hosts: 7,
      size: 1_536,
      loss: 0.25,
    })
    assert.equal(values({ size: '1M' })['size'], 1_048_576)
  })

  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ peers: '3' }, /no parameter peers; it has hosts, size, loss/],
    [{ hosts: '11' }, /hosts must be a whole number from 1 to 10/],
    [{ hosts: '0' }, /hosts must be/],
    [{ hosts: '2.5' }, /hosts must be/],
    [{ hosts: '2k' }, /hosts must be/],
    [{ hosts: '' }, /hosts must be/],
    [{ hosts: 'NaN' }, /hosts must be/],
    [{ hosts: '1e1' }, /hosts must be/],
    [{ size: '2M' }, /size must be a size/],
    [{ loss: '-0.1' }, /loss must be a number/],
    [{ toString: '1' }, /no parameter toString/],
  ]
  for (const [given, message] of wrong) {
    it(`refuses ${JSON.stringify(given)} and says why`, () => {
      assert.throws(() => values(given), { kind: 'usage', message })
    })
  }

  it('gives figures, checks and a digest that are a function of seed and values', () => {
    const once = runScenario(scenario, 5, values({}))
    assert.deepEqual(runScenario(scenario, 5, values({})), once)
    assert.notEqual(runScenario(scenario, 6, values({})).metrics['x'], once.metrics['x'])
    assert.equal(once.passed, true)
    assert.equal(once.virtualMs, 10)
    assert.equal(once.events, 1)
    assert.deepEqual(once.checks, [
      { name: 'hosts', pass: true, value: 3, bound: '>= 3' },
      { name: 'size', pass: true, value: 1_024, bound: '<= 2048' },
    ])
  })

  it('fails when one of its checks does', () => {
    assert.equal(runScenario(scenario, 5, values({ hosts: '2' })).passed, false)
    assert.equal(runScenario(scenario, 5, values({ size: '3k' })).passed, false)
  })
})

describe('a findings', () => {
  it('gives median, 95th percentile and maximum by nearest rank', () => {
    const findings = new Findings()
    findings.distribution(
      'd',
      Array.from({ length: 100 }, (_, i) => 100 - i),
    )
    assert.deepEqual(findings.metrics, { dMedian: 50, dP95: 95, dMax: 100 })
    findings.distribution('none', [])
    assert.equal(Object.keys(findings.metrics).length, 3)
  })
})
