import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keyOf } from '../../../sim/sweep/job.ts'
import { isFinished, type JobRecord } from '../../../sim/sweep/job-record.ts'
import { LocalBackend, type LocalOptions } from '../../../sim/sweep/local-backend.ts'
import { runJob } from '../../../sim/sweep/run-job.ts'
import { jobsOf, readSeeds } from '../../../sim/sweep/sweep-plan.ts'
import { CountedModule, SOURCE_FLAGS, tinyJobs } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const forever = new AbortController().signal

function backend(options: Partial<LocalOptions> = {}): LocalBackend {
  const known = { declared: () => 64, nodeFlags: SOURCE_FLAGS }
  return new LocalBackend({ workers: 2, memoryMiB: 4_000, ...known, ...options })
}

async function all(records: AsyncIterable<JobRecord>): Promise<JobRecord[]> {
  const found: JobRecord[] = []
  for await (const record of records) found.push(record)
  return found
}

describe('the cores of this machine', () => {
  it('run each job once, on threads and in processes, with the outcome that it has anywhere', async () => {
    const jobs = tinyJobs(6)
    const records = await all(
      backend({ declared: ({ seed }) => (seed === 5 ? 2_000 : 64) }).run(jobs, forever),
    )
    assert.deepEqual(records.map(keyOf).toSorted(), jobs.map(keyOf).toSorted())
    assert.deepEqual(
      records.filter((record) => isFinished(record) && record.peakMiB !== undefined).map(({ seed }) => seed),
      [5],
      'only a process of its own tells what it took',
    )
    const here = await runJob(jobs[4]!, undefined)
    const there = records.find(({ seed }) => seed === 5)!
    assert.ok(isFinished(there))
    assert.deepEqual([there.digest, there.metrics], [here.digest, here.metrics])
  })

  it('try a run that crashes once more, by itself, and go on with the others', async () => {
    await inTempFolder(async (folder) => {
      const body = `
        if (seed === 2 && before === 0) process.exit(9)
        if (seed === 3) throw new Error('every time')
        if (seed === 4) { const kept = []; for (;;) kept.push(new Array(1e5).fill(kept.length)) }`
      const module = new CountedModule(folder, body)
      const seeds = readSeeds('1-5')
      const jobs = jobsOf(module.plan(seeds), seeds).filter(({ copy }) => copy === 0)
      const small = backend({ modules: folder, memoryMiB: 200 })
      const records = (await all(small.run(jobs, forever))).toSorted((a, b) => a.seed - b.seed)
      assert.deepEqual(
        records.map(({ outcome }) => outcome),
        ['passed', 'passed', 'crashed', 'crashed', 'passed'],
      )
      const errors = records.flatMap((record) => (isFinished(record) ? [] : [record.error]))
      assert.equal(errors[0], 'every time')
      assert.match(errors[1]!, /^The process ended with SIGABRT: FATAL ERROR: .*heap/)
      const begun = module.runs.map((line) => Number(line.split(' ')[0])).toSorted((a, b) => a - b)
      assert.deepEqual(begun, [1, 2, 2, 3, 3, 4, 4, 5])
    })
  })

  it('let go of runs under way when they are told to', async () => {
    await inTempFolder(async (folder) => {
      const module = new CountedModule(folder, 'if (seed > 2) for (;;);')
      const seeds = readSeeds('1-6')
      const jobs = jobsOf(module.plan(seeds), seeds).filter(({ copy }) => copy === 0)
      const stop = new AbortController()
      const endless = backend({ modules: folder, declared: ({ seed }) => (seed === 4 ? 2_000 : 64) })
      const records: JobRecord[] = []
      for await (const record of endless.run(jobs, stop.signal)) {
        records.push(record)
        if (records.length === 2) stop.abort()
      }
      assert.deepEqual(records.map(({ seed }) => seed).toSorted(), [1, 2])
    })
  })
})
