import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keyOf } from '../../../sim/sweep/job.ts'
import { mergeResults } from '../../../sim/sweep/merge-results.ts'
import { ResultsFile, readResults, writeResults } from '../../../sim/sweep/results-file.ts'
import { runSweep } from '../../../sim/sweep/run-sweep.ts'
import { jobsOf, readSeeds, shardOf } from '../../../sim/sweep/sweep-plan.ts'
import { recordOf, ScriptedBackend } from '../../support/scripted-backend.ts'
import { tinyPlan } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const seeds = readSeeds('1-30')
const plan = tinyPlan(seeds, { nodes: ['8', '12', '100'] })
const jobs = jobsOf(plan, seeds)
const whole = jobs.map((job) => recordOf(job))

describe('merged shards', () => {
  it('are the same as the sweep in one piece, in whatever order they come', async () => {
    await inTempFolder(async (folder) => {
      const [signal, told] = [new AbortController().signal, (): void => {}]
      const inOne = await runSweep(plan, { backend: new ScriptedBackend(), signal, told })
      const parts = [1, 2, 3].map((index) => `${folder}/${index}`)
      for (const [at, part] of parts.entries()) {
        const shard = { index: at + 1, count: 3 }
        const results = new ResultsFile(part)
        await runSweep(plan, { backend: new ScriptedBackend(), shard, results, signal, told })
        assert.equal(readResults(part).length, shardOf(jobs, shard.index, 3).length)
      }
      const merged = mergeResults(parts.map(readResults))
      assert.deepEqual(merged.summaries, [inOne.summary])
      assert.deepEqual(merged.records.map(keyOf).toSorted(), jobs.map(keyOf).toSorted())
      const turned = mergeResults(parts.toReversed().map(readResults))
      assert.deepEqual(turned, merged)
      writeResults(`${folder}/all`, merged.records)
      assert.deepEqual(readResults(`${folder}/all`), merged.records)
    })
  })

  it('hold a run once that several of them hold', () => {
    const { records, summaries } = mergeResults([whole, whole.slice(10), whole.slice(0, 20)])
    assert.deepEqual(records.map(keyOf).toSorted(), jobs.map(keyOf).toSorted())
    assert.deepEqual(summaries[0]!.contradictions, [])
    assert.equal(summaries[0]!.passed, 90)
  })

  it('show runs of one identity that came out differently, wherever those are', () => {
    const other = { ...whole[4]!, digest: 'another' }
    for (const parts of [
      [whole, [other]],
      [[other], whole],
    ]) {
      const { summaries } = mergeResults(parts)
      assert.deepEqual(
        summaries[0]!.contradictions.map(({ identity, digests }) => [identity, [...digests].toSorted()]),
        [[other.identity, ['another', whole[4]!.digest].toSorted()]],
      )
    }
  })

  it('take a result rather than a crash', () => {
    const { identity, scenario, values, seed, copy, code, node } = whole[0]!
    const head = { identity, scenario, values, seed, copy, code, node }
    const crash = { ...head, outcome: 'crashed', error: 'for want of memory' } as const
    const { records, summaries } = mergeResults([[crash], whole])
    assert.deepEqual([records.length, summaries[0]!.crashed], [whole.length, []])
    assert.equal(mergeResults([[crash], whole.slice(1)]).summaries[0]!.crashed.length, 1)
  })

  it('keep what other code brought apart', () => {
    const older = whole.map((record) => ({ ...record, code: 'older', identity: `older ${record.identity}` }))
    const { records, summaries } = mergeResults([whole, older])
    assert.deepEqual([records.length, summaries.length], [2 * whole.length, 2])
  })
})
