import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Findings } from '../../../sim/experiment/findings.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'
import { defineScenario } from '../../../sim/experiment/scenario.ts'

const scenario = defineScenario({
  name: 'try',
  description: 'Draws from the world.',
  parameters: {
    hosts: { text: 'hosts', fallback: 3, min: 1, max: 10, unit: 'count' },
    size: { text: 'of something', fallback: 1_024, min: 1, max: 1_048_576, unit: 'bytes' },
    loss: { text: 'lost', fallback: 0, min: 0, max: 1, unit: 'factor' },
  },
  sizes: { small: { hosts: 2 }, full: { hosts: 10 } },
  network: ({ loss }) => ({ loss }),
  population: ({ hosts }) => [{ name: 'idle', count: hosts, arrival: { kind: 'later' } }],
  timeline: ({ world, findings }) => [
    { at: 0.005, act: () => findings.metric('x', world.hosts[0]!.position.x) },
  ],
  probes: [{ series: 'up', every: 0.004, read: ({ members }) => members.filter(({ isUp }) => isUp).length }],
  duration: () => 0.01,
  measure: ({ findings, values, members }) => {
    findings.metric('size', values.size)
    findings.metric('hosts', members.length)
    findings.sample('one', 3)
    findings.sample('one', 1)
  },
  criteria: [
    { name: 'hosts', metric: 'hosts', atLeast: 3 },
    { name: 'size', metric: 'size', atMost: ({ size, hosts }) => (size > 2_048 ? 2_048 : 1_000 * hosts) },
    { name: 'hardly', metric: 'hosts', atMost: 0, waitsFor: 'the day after' },
  ],
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
    assert.equal(values({ loss: String(1e-7) })['loss'], 1e-7, 'as JavaScript prints it')
  })

  it('takes what a size sets over the defaults, and what was given over both', () => {
    assert.equal(resolveValues(scenario, new Map(), 'small')['hosts'], 2)
    assert.equal(resolveValues(scenario, new Map([['hosts', '5']]), 'full')['hosts'], 5)
  })

  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ peers: '3' }, /no parameter peers; it has hosts, size, loss/],
    [{ hosts: '11' }, /hosts must be a whole number from 1 to 10/],
    [{ hosts: '0' }, /hosts must be/],
    [{ hosts: '2.5' }, /hosts must be/],
    [{ hosts: '2k' }, /hosts must be/],
    [{ hosts: '' }, /hosts must be/],
    [{ hosts: 'NaN' }, /hosts must be/],
    [{ hosts: '1e' }, /hosts must be/],
    [{ loss: '1e-9999' }, /loss must be a number/],
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
    assert.deepEqual(once.checks, [
      { name: 'invariants broken', pass: true, value: 0, bound: '<= 0' },
      { name: 'hosts', pass: true, value: 3, bound: '>= 3' },
      { name: 'size', pass: true, value: 1_024, bound: '<= 3000' },
    ])
    assert.deepEqual(once.series['up'], [
      [0.004, 0],
      [0.008, 0],
    ])
    assert.deepEqual(once.samples['one'], [1, 3])
  })

  it('records what waits for something, and does not count it', () => {
    const { pending, passed } = runScenario(scenario, 5, values({}))
    assert.equal(passed, true)
    assert.deepEqual(pending, [
      { name: 'hardly', pass: false, value: 3, bound: '<= 0', waitsFor: 'the day after' },
    ])
  })

  it('fails when one of its checks does, or when a figure was never measured', () => {
    assert.equal(runScenario(scenario, 5, values({ hosts: '2' })).passed, false)
    assert.equal(runScenario(scenario, 5, values({ size: '3k' })).passed, false)
    const lacking = { ...scenario, criteria: [{ name: 'nothing', metric: 'nothing', atMost: 1 }] }
    assert.equal(runScenario(lacking, 5, values({})).passed, false)
  })

  const slips: readonly (readonly [object, RegExp])[] = [
    [
      { timeline: () => [{ at: Number.NaN, act: () => {} }] },
      /step of the timeline is planned for second NaN/,
    ],
    [{ timeline: () => [{ at: 1, act: () => {} }] }, /for second 1 of 0.01/],
    [{ faults: () => [{ kind: 'crush', from: 0, until: 1, host: 1 }] }, /no fault of the kind crush/],
    [{ faults: () => [{ kind: 'crash', from: 0.005, until: 0, host: 1 }] }, /from second 0.005 to 0/],
    [{ faults: () => [{ kind: 'crash', from: 5, until: 6, host: 1 }] }, /from second 5 to 6 of 0.01/],
    [{ faults: () => [{ kind: 'crash', from: 0, until: 0, host: 1 }] }, /from second 0 to 0/],
    [{ network: () => ({ losss: 0.5 }) }, /no option losss/],
    [{ baseline: () => ({ lost: 0.5 }) }, /baseline sets lost/],
    [{ baseline: () => ({ hosts: 99 }) }, /baseline sets hosts/],
  ]
  for (const [slip, message] of slips) {
    it(`does not pass over a slip: ${message.source}`, () => {
      assert.throws(() => runScenario({ ...scenario, ...slip }, 1, values({})), message)
    })
  }

  it('fails, unmeasured, and tells what broke when its baseline breaks an invariant', () => {
    const play = (broken: number) =>
      runScenario(
        {
          ...scenario,
          baseline: (own) => ({ loss: own['loss'] === 0 ? broken : 0 }),
          timeline: ({ world, values: own }) => {
            // With this loss, bytes come that nobody sent.
            if (own['loss'] === 0.5) world.streams.counters.received = () => 7
            return []
          },
        },
        1,
        values({}),
      )
    const sound = play(0.25)
    assert.deepEqual([sound.passed, sound.brokenBaseline], [true, undefined])
    assert.ok(sound.checks.some(({ name, pass }) => name === 'invariants broken in the baseline' && pass))
    const { passed, checks, metrics, violation, brokenBaseline } = play(0.5)
    assert.deepEqual([passed, metrics, violation], [false, {}, undefined])
    assert.deepEqual(
      checks.filter(({ pass }) => !pass).map(({ name }) => name),
      ['invariants broken in the baseline'],
    )
    assert.deepEqual(brokenBaseline!.values, { ...values({}), loss: 0.5 })
    assert.equal(brokenBaseline!.violation.invariant, 'received at most what was sent')
  })

  it('stops at a horizon and then measures nothing', () => {
    const { virtualMs, metrics } = runScenario(scenario, 5, values({}), { horizon: 0.004 })
    assert.equal(virtualMs, 4)
    assert.deepEqual(metrics, {})
  })
})

describe('findings', () => {
  it('have no metric of what could not be measured, and fail what asks for it', () => {
    const odd = {
      ...scenario,
      measure: ({ findings }: Parameters<typeof scenario.measure>[0]) => findings.metric('odd', 0 / 0),
      criteria: [{ name: 'odd', metric: 'odd', atMost: 1 }],
    }
    const { metrics, passed } = runScenario(odd, 1, values({}))
    assert.deepEqual([Object.hasOwn(metrics, 'odd'), passed], [false, false])
  })

  it('give median, 95th percentile and maximum by nearest rank', () => {
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
