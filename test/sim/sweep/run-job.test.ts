import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runJob } from '../../../sim/sweep/run-job.ts'
import { jobsOf } from '../../../sim/sweep/sweep-plan.ts'
import { CountedModule, tinyJobs } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

describe('a run of a job', () => {
  it('brings the same digest and figures each time', async () => {
    const [job] = tinyJobs(1)
    await assert.rejects(runJob({ ...job!, identity: 'of another program' }, undefined), {
      code: 'sim/changed',
    })
    const [one, two] = [await runJob(job!, undefined), await runJob(job!, undefined)]
    const { wallMs: _one, ...first } = one
    const { wallMs: _two, ...second } = two
    assert.deepEqual(first, second)
    assert.match(one.digest, /^[0-9a-f]+$/)
    assert.equal(one.metrics['joined'], 8)
  })

  it('names what was broken in the run that it is held against', async () => {
    await inTempFolder(async (folder) => {
      const module = new CountedModule(
        folder,
        'if (before === 0) stage.world.streams.counters.received = () => 7',
      )
      appendFileSync(module.path, 'Object.assign(scenario, { baseline: () => ({}) })\n')
      const [job] = jobsOf(module.plan([1]), [1])
      const { outcome, violation } = await runJob(job!, folder)
      assert.equal(outcome, 'failed')
      assert.match(violation!, /^in the baseline: received at most what was sent: /)
      assert.equal(module.runs.length, 2)
    })
  })

  it('takes a module from the folder of modules alone, and only with the content that was named', async () => {
    await inTempFolder(async (folder) => {
      const inside = join(folder, 'modules')
      mkdirSync(inside)
      const module = new CountedModule(inside)
      const outside = new CountedModule(folder)
      const [job] = jobsOf(module.plan([1]), [1])
      const naming = (file: string, sha256 = job!.module!.sha256) => ({ ...job!, module: { file, sha256 } })
      symlinkSync(outside.path, join(inside, 'link.mjs'))
      const refused = { code: 'sim/job-refused' }
      await assert.rejects(runJob(job!, undefined), refused)
      await assert.rejects(runJob(naming('../counted.mjs'), inside), refused)
      await assert.rejects(runJob(naming(outside.path), inside), refused)
      await assert.rejects(runJob(naming('link.mjs'), inside), refused)
      await assert.rejects(runJob(naming('none.mjs'), inside), refused)
      await assert.rejects(runJob(naming(module.file, 'ab'.repeat(32)), inside), refused)
      assert.deepEqual([module.runs, outside.runs], [[], []])
      assert.equal((await runJob(job!, inside)).scenario, 'counted')
      assert.deepEqual(module.runs, ['1 8'])
      // What is loaded is the old content, so a job of the new one must go elsewhere.
      appendFileSync(module.path, '// edited\n')
      const [edited] = jobsOf(module.plan([1]), [1])
      assert.notEqual(edited!.identity, job!.identity)
      await assert.rejects(runJob(edited!, inside), refused)
    })
  })
})
