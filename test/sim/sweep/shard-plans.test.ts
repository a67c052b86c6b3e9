import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ResultsFile, readResults, writeResults } from '../../../sim/sweep/results-file.ts'
import { runSweep } from '../../../sim/sweep/run-sweep.ts'
import {
  lackingShards,
  noteShardedPlan,
  readShardedPlans,
  type ShardedPlan,
} from '../../../sim/sweep/shard-plans.ts'
import { jobsOf, readSeeds, shardOf } from '../../../sim/sweep/sweep-plan.ts'
import { recordOf, ScriptedBackend } from '../../support/scripted-backend.ts'
import { simCommand } from '../../support/sim-command.ts'
import { tinyPlan } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const seeds = readSeeds('1-12')
const sweep = tinyPlan(seeds, { nodes: ['8', '12'] })
const plan: ShardedPlan = { ...sweep, shards: 3 }
const jobs = jobsOf(plan, seeds)
const records = jobs.map((job) => recordOf(job))

/** What `sweep --shard index/3 --report` leaves in `folder`; the first `most` jobs of it. */
async function shardIn(folder: string, index: number, most = jobs.length): Promise<string> {
  const stop = new AbortController()
  const results = new ResultsFile(folder)
  const told = (_record: unknown, done: number): void => {
    if (done === most) stop.abort()
  }
  const shard = { index, count: plan.shards }
  await runSweep(sweep, { backend: new ScriptedBackend(), shard, results, signal: stop.signal, told })
  return folder
}

describe('what a shard notes of its sweep', () => {
  it('comes back as it was, one sweep for each scenario, the last', async () => {
    await inTempFolder((folder) => {
      assert.deepEqual(readShardedPlans(folder), [])
      noteShardedPlan(folder, { ...plan, shards: 2 })
      noteShardedPlan(folder, { ...plan, scenario: { ...plan.scenario, name: 'other' } })
      noteShardedPlan(folder, plan)
      const read = readShardedPlans(folder)
      assert.deepEqual(
        read.map(({ scenario, shards }) => [scenario.name, shards]),
        [
          ['other', 3],
          [plan.scenario.name, 3],
        ],
      )
      assert.deepEqual(jobsOf(read[1]!, seeds), jobs)
      for (const text of ['', 'null', '{}', '{"version":1,"plans":[null]}', '{"version":2,"plans":[]}']) {
        writeFileSync(join(folder, 'shards.json'), text)
        assert.throws(() => readShardedPlans(folder), { code: 'sim/bad-results' }, text)
      }
      return Promise.resolve()
    })
  })

  it('tells whose jobs have no record, whoever ran them', () => {
    assert.deepEqual(lackingShards([plan, plan], records), [])
    assert.deepEqual(lackingShards([{ ...plan, shards: 5 }], records), [])
    const second = shardOf(jobs, 2, 3).length
    const head = { scenario: plan.scenario.name, shard: 2, shards: 3, jobs: second }
    const without = records.filter((_, at) => at % 3 !== 1)
    assert.deepEqual(lackingShards([plan, plan], without), [{ ...head, lacking: second }])
    assert.deepEqual(lackingShards([plan], [...without, ...records.slice(0, 9)]), [
      { ...head, lacking: second - 3 },
    ])
  })

  it('lacks nothing where there are fewer jobs than shards', () => {
    assert.deepEqual(lackingShards([{ ...plan, shards: jobs.length + 10 }], records), [])
  })
})

describe('lodestone-sim merge', () => {
  it('names the shards that are missing or unfinished, merges the rest, and exits with 1', async () => {
    await inTempFolder(async (folder) => {
      const at = (name: string): string => join(folder, name)
      const [one, two, three] = [
        await shardIn(at('1'), 1),
        await shardIn(at('2'), 2, 5),
        await shardIn(at('3'), 3),
      ]
      const size = (shard: number): number => shardOf(jobs, shard, 3).length
      const part = await simCommand(['merge', one, two, '--report', at('part')])
      assert.equal(part.code, 1)
      assert.deepEqual(part.err.split('\n').slice(0, -1), [
        `lodestone-sim: Shard 2/3 of the sweep of bootstrap lacks ${size(2) - 5} of its ${size(2)} jobs.`,
        `lodestone-sim: Shard 3/3 of the sweep of bootstrap is missing (${size(3)} jobs).`,
      ])
      assert.match(part.out, new RegExp(`^${size(1) + 5} runs in 2 folders`, 'm'))
      // What was merged before still knows what it is a part of.
      const more = await simCommand(['merge', at('part'), three, '--json'])
      assert.equal(more.code, 1)
      assert.match(more.out, /"event":"lacking"[^\n]*"shard":2,"shards":3/)
      const whole = await simCommand(['merge', at('part'), three, await shardIn(two, 2)])
      assert.deepEqual([whole.code, whole.err], [0, ''])
    })
  })

  it('writes its results and shows them where no page can be written, complains, and exits with 1', async () => {
    await inTempFolder(async (folder) => {
      const [part, all] = [join(folder, 'part'), join(folder, 'all')]
      writeResults(part, records)
      mkdirSync(join(all, 'index.html'), { recursive: true })
      const { code, out, err } = await simCommand(['merge', part, '--report', all])
      assert.equal(code, 1)
      assert.match(out, /^bootstrap: 24 passed/m)
      assert.match(err, /^lodestone-sim: The page cannot be written to [^\n]+\.\n$/)
      assert.equal(readResults(all).length, records.length)
    })
  })

  it('reads results of before shards were noted', async () => {
    await inTempFolder(async (folder) => {
      const one = await shardIn(join(folder, '1'), 1)
      rmSync(join(one, 'shards.json'))
      const { code, err } = await simCommand(['merge', one, '--report', join(folder, 'all')])
      assert.deepEqual([code, err], [0, ''])
      assert.equal(existsSync(join(folder, 'all', 'shards.json')), false)
    })
  })
})
