import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bootstrap } from '../../../sim/scenarios/bootstrap.ts'
import { keyOf } from '../../../sim/sweep/job.ts'
import { jobsOf, readSeeds, settingsOf, shardOf } from '../../../sim/sweep/sweep-plan.ts'
import { tinyPlan } from '../../support/sweep-jobs.ts'

describe('the plan of a sweep', () => {
  it('reads a range of seeds, or one', () => {
    assert.deepEqual(readSeeds('3-6'), [3, 4, 5, 6])
    assert.deepEqual(readSeeds('7'), [7])
    for (const text of ['', '6-3', 'a-b', '1-', '-1', '1-2-3', '0-9999999', '1.5']) {
      assert.throws(() => readSeeds(text), { code: 'sim/bad-seeds' }, text)
    }
  })

  it('has a setting for each combination of the varied values, the first name slowest', () => {
    const vary = new Map([
      ['nodes', ['8', '16']],
      ['loss', ['0', '0.1', '0.2']],
    ])
    const settings = settingsOf(bootstrap, new Map([['lookups', '5']]), vary)
    assert.deepEqual(
      settings.map(({ nodes, loss, lookups }) => [nodes, loss, lookups]),
      [
        [8, 0, 5],
        [8, 0.1, 5],
        [8, 0.2, 5],
        [16, 0, 5],
        [16, 0.1, 5],
        [16, 0.2, 5],
      ],
    )
  })

  it('refuses values that the scenario does not allow, that are there twice, or set and varied', () => {
    const vary = (key: string, ...values: string[]): unknown =>
      settingsOf(bootstrap, new Map([['lookups', '5']]), new Map([[key, values]]))
    assert.throws(() => vary('frob', '1'), { code: 'sim/no-parameter' })
    assert.throws(() => vary('nodes', '8', 'many'), { code: 'sim/bad-value' })
    assert.throws(() => vary('nodes', '8', '8.0'), { code: 'sim/bad-vary' })
    assert.throws(() => vary('lookups', '8'), { code: 'sim/bad-vary' })
  })

  it('runs every setting with every seed, and one job in twenty a second time', () => {
    const seeds = readSeeds('1-1000')
    const jobs = jobsOf(tinyPlan(seeds, { nodes: ['8', '12'] }), seeds)
    const firsts = jobs.filter(({ copy }) => copy === 0)
    const seconds = jobs.filter(({ copy }) => copy === 1)
    assert.equal(firsts.length, 2000)
    assert.equal(new Set(firsts.map(({ seed, values }) => `${seed} ${values['nodes']}`)).size, 2000)
    assert.equal(new Set(jobs.map(keyOf)).size, jobs.length)
    // Five per cent of 2,000, with four standard deviations of a fair choice on each side.
    assert.ok(Math.abs(seconds.length - 100) <= 40, `${seconds.length} are run twice`)
    const known = new Set(firsts.map(({ identity }) => identity))
    assert.ok(seconds.every(({ identity }) => known.has(identity)))
  })

  it('runs at least one job twice, however few there are, and the same ones in whatever rounds it is run', () => {
    for (const text of ['1', '1-2', '5-9', '1-15', '1-25']) {
      const seeds = readSeeds(text)
      const plan = tinyPlan(seeds, { nodes: ['8', '12'] })
      const twice = (some: readonly number[]): string[] =>
        jobsOf(plan, some)
          .filter(({ copy }) => copy === 1)
          .map(({ identity }) => identity)
      assert.ok(twice(seeds.slice(0, 1)).length >= 1, text)
      assert.deepEqual(
        [...twice(seeds.slice(0, 10)), ...twice(seeds.slice(10))].toSorted(),
        twice(seeds).toSorted(),
      )
      const longer = jobsOf({ ...plan, seeds: [...seeds, 100] }, [...seeds, 100]).map(keyOf)
      assert.deepEqual(
        jobsOf(plan, seeds)
          .map(keyOf)
          .filter((key) => !longer.includes(key)),
        [],
        'added seeds take no second run away',
      )
    }
  })

  it('is cut into shards that are the whole together and have nothing in common', () => {
    const seeds = readSeeds('1-15')
    const jobs = jobsOf(tinyPlan(seeds), seeds)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (count) => {
        const parts = Array.from({ length: count }, (_, index) => shardOf(jobs, index + 1, count))
        assert.deepEqual(parts.flat().map(keyOf).toSorted(), jobs.map(keyOf).toSorted())
        const sizes = parts.map(({ length }) => length)
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
      }),
    )
  })
})
