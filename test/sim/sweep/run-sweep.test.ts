import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ResultsFile } from '../../../sim/sweep/results-file.ts'
import { runSweep, type SweepOptions, type SweepOutcome } from '../../../sim/sweep/run-sweep.ts'
import type { SweepBackend } from '../../../sim/sweep/sweep-backend.ts'
import { jobsOf, readSeeds, type SweepPlan } from '../../../sim/sweep/sweep-plan.ts'
import { ScriptedBackend } from '../../support/scripted-backend.ts'
import { tinyPlan } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

function run(
  plan: SweepPlan,
  options: Pick<SweepOptions, 'backend'> & Partial<SweepOptions>,
): Promise<SweepOutcome> {
  return runSweep(plan, { signal: new AbortController().signal, told: () => {}, ...options })
}

const seeds = readSeeds('1-40')
const plan = tinyPlan(seeds, { nodes: ['8', '12'] })
const everything = jobsOf(plan, seeds).length

describe('a sweep', () => {
  it('runs each job once, and what its folder holds never again', async () => {
    await inTempFolder(async (folder) => {
      const first = new ScriptedBackend()
      const one = await run(plan, { backend: first, results: new ResultsFile(folder) })
      assert.deepEqual([one.ran, one.found, new Set(first.ran).size], [everything, 0, everything])
      const again = new ScriptedBackend()
      const two = await run(plan, { backend: again, results: new ResultsFile(folder) })
      assert.deepEqual([two.ran, two.found, again.ran], [0, everything, []])
      assert.deepEqual(two.summary, one.summary)
    })
  })

  it('goes on where it was killed, whatever line that cut through', async () => {
    await inTempFolder(async (folder) => {
      await run(plan, { backend: new ScriptedBackend(), results: new ResultsFile(folder) })
      const path = join(folder, 'results.ndjson')
      const whole = readFileSync(path, 'utf8')
      const lines = whole.split('\n').slice(0, -1)
      for (const cut of [0, 1, lines[0]!.length, lines[0]!.length + 1, whole.length - 1]) {
        writeFileSync(path, whole.slice(0, cut))
        const kept = whole.slice(0, cut).split('\n').length - 1
        const backend = new ScriptedBackend()
        const { ran, found } = await run(plan, { backend, results: new ResultsFile(folder) })
        assert.deepEqual([ran, found, backend.ran.length], [everything - kept, kept, everything - kept])
        assert.deepEqual(readFileSync(path, 'utf8').split('\n').toSorted(), whole.split('\n').toSorted())
      }
    })
  })

  it('refuses a folder whose results are not its own', async () => {
    await inTempFolder(async (folder) => {
      for (const line of ['{}', 'null', '[1', '{"identity":"a"}']) {
        appendFileSync(join(folder, 'results.ndjson'), `${line}\n`)
        assert.throws(() => new ResultsFile(folder), { code: 'sim/bad-results' })
      }
    })
  })

  it('counts a crash as none of its results, and tries it again when it is started again', async () => {
    await inTempFolder(async (folder) => {
      const broken = new ScriptedBackend(({ seed }) => (seed === 3 ? 'crash' : {}))
      const one = await run(plan, { backend: broken, results: new ResultsFile(folder) })
      assert.deepEqual(one.summary.crashed.map(({ seed, error }) => [seed, error]).slice(0, 2), [
        [3, 'as the script says'],
        [3, 'as the script says'],
      ])
      const two = await run(plan, { backend: new ScriptedBackend(), results: new ResultsFile(folder) })
      assert.equal(two.ran, one.summary.crashed.length)
      assert.deepEqual([two.summary.crashed, two.summary.passed], [[], 80])
    })
  })

  it('names both digests when a job that is run twice comes out differently, or its figures do', async () => {
    // Which ones are run twice is drawn anew with each version of the code; of so many it is never none.
    const many = readSeeds('1-400')
    const plan = tinyPlan(many, { nodes: ['8', '12'] })
    const twice = jobsOf(plan, many).filter(({ copy }) => copy === 1)
    assert.ok(twice.length > 1)
    const liars = new ScriptedBackend(({ copy }) => (copy === 1 ? { digest: 'another' } : {}))
    const { summary } = await run(plan, { backend: liars })
    assert.deepEqual(
      summary.contradictions.map(({ identity, digests }) => [identity, digests]).toSorted(),
      twice
        .map(({ identity }): [string, string[]] => [identity, ['another', `digest of ${identity}`]])
        .toSorted(),
    )
    const unsteady = new ScriptedBackend(({ copy }) => ({ metrics: { height: copy } }))
    assert.equal((await run(plan, { backend: unsteady })).summary.contradictions.length, twice.length)
  })

  it('keeps in its folder what was held against a figure that nobody measured', async () => {
    await inTempFolder(async (folder) => {
      const check = { name: 'odd', pass: false, value: Number.NaN, bound: '<= 1' }
      const pending = [{ ...check, waitsFor: 'later' }]
      const backend = new ScriptedBackend(() => ({ outcome: 'failed', checks: [check], pending }))
      const one = await run(plan, { backend, results: new ResultsFile(folder) })
      const two = await run(plan, { backend, results: new ResultsFile(folder) })
      assert.deepEqual([two.ran, two.found, two.summary], [0, everything, one.summary])
      const [record] = new ResultsFile(folder).records as readonly { checks?: object[]; pending?: object[] }[]
      assert.deepEqual([record?.checks, record?.pending], [[check], pending])
    })
  })

  it('tells of failed checks: in how many runs, and the first seed', async () => {
    const check = (pass: boolean) => ({ checks: [{ name: 'high enough', pass, value: 1, bound: '>= 2' }] })
    const backend = new ScriptedBackend(({ seed, values }) =>
      seed % 10 === 0 && values['nodes'] === 12 ? { outcome: 'failed', ...check(false) } : check(true),
    )
    const { summary } = await run(plan, { backend })
    assert.deepEqual([summary.passed, summary.failed], [76, 4])
    assert.deepEqual(
      summary.settings.map(({ failedChecks }) => failedChecks),
      [{}, { 'high enough': { runs: 4, seed: 10 } }],
    )
  })

  it('compares settings seed by seed with the first one', async () => {
    const backend = new ScriptedBackend(({ seed, values }) => ({
      // Ten apart for every seed, where the seeds themselves are a thousand apart.
      metrics: { height: seed * 1_000 + (values['nodes'] === 12 ? 10 : 0) },
    }))
    const { summary } = await run(plan, { backend })
    const [first, second] = summary.settings.map(({ metrics }) => metrics['height'])
    assert.equal(first?.difference, undefined)
    assert.deepEqual(second?.difference, { runs: 40, median: 10, low: 10, high: 10 })
    assert.ok(second!.high! - second!.low! > 1_000)
    assert.deepEqual(
      summary.settings.map(({ varied }) => varied),
      [{ nodes: 8 }, { nodes: 12 }],
    )
  })

  it('ends when the interval is narrow enough everywhere, at a seed that depends on results alone', async () => {
    const until = { metric: 'height', width: 9 }
    const noisy = (copies: 'first' | 'last') =>
      new ScriptedBackend(({ seed }) => ({ metrics: { height: copies === 'first' ? seed : seed % 7 } }))
    const all = await run(plan, { backend: noisy('first'), until: { ...until, width: 2 } })
    assert.equal(all.seeds, 40, 'heights that grow with the seed never become narrow')
    const backend = noisy('last')
    const { seeds, summary } = await run(plan, { backend, until: { ...until, width: 4 } })
    assert.ok(seeds === 20 || seeds === 10, `${seeds}`)
    assert.deepEqual(
      summary.settings.map(({ runs }) => runs),
      [seeds, seeds],
    )
    assert.ok(backend.ran.length < everything)
    await assert.rejects(run(plan, { backend: noisy('last'), until: { metric: 'width', width: 1 } }), {
      code: 'sim/no-metric',
    })
  })

  it('is not told as done when a job has no record', async () => {
    const backend = new ScriptedBackend(({ seed }) => (seed === 7 ? 'lost' : {}))
    await assert.rejects(run(plan, { backend }), /have no record/)
  })

  it('ends with a storage error and lets go of its workers when the disk is full, and loses nothing', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'results.ndjson')
      let room = 5
      const full = new ResultsFile(folder, (file, line) => {
        room -= 1
        appendFileSync(file, room < 0 ? line.slice(0, 20) : line)
        if (room < 0) throw new Error('ENOSPC: no space left on device, write')
      })
      let isLetGo = false
      const workers = new ScriptedBackend()
      const backend: SweepBackend = {
        async *run(jobs, signal) {
          try {
            yield* workers.run(jobs, signal)
          } finally {
            isLetGo = true
          }
        },
      }
      await assert.rejects(run(plan, { backend, results: full }), {
        kind: 'storage',
        message: `${path} cannot be written (ENOSPC: no space left on device, write).`,
      })
      assert.deepEqual([isLetGo, workers.ran.length], [true, 6])
      const again = new ResultsFile(folder)
      assert.equal(again.records.length, 5)
      const { ran, found } = await run(plan, { backend: new ScriptedBackend(), results: again })
      assert.deepEqual([ran, found], [everything - 5, 5])
      assert.equal(new ResultsFile(folder).records.length, everything)
    })
  })

  it('stops when it is told to, with what came so far in its folder', async () => {
    await inTempFolder(async (folder) => {
      const stop = new AbortController()
      const told = (_record: unknown, done: number): void => {
        if (done === 5) stop.abort()
      }
      const backend = new ScriptedBackend()
      const results = new ResultsFile(folder)
      const { ran } = await run(plan, { backend, results, signal: stop.signal, told })
      assert.equal(ran, 5)
      assert.equal(new ResultsFile(folder).records.length, 5)
    })
  })
})
