import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeVersion } from '../../../sim/sweep/code-version.ts'
import { identityOf } from '../../../sim/sweep/job.ts'
import type { ProcessTask } from '../../../sim/sweep/job-process.ts'
import { jobsOf } from '../../../sim/sweep/sweep-plan.ts'
import { CountedModule, SOURCE_FLAGS } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const JOB_PROCESS = new URL('../../../sim/sweep/job-process.ts', import.meta.url).href

describe('the process of a job', () => {
  it('ends in the middle of its run when whoever started it is killed', async () => {
    await inTempFolder(async (folder) => {
      const module = new CountedModule(folder)
      const [job] = jobsOf(module.plan([1]), [1])
      // Two thousand nodes for a day: minutes of work.
      const values = { ...job!.values, settle: 86_400, nodes: 2_000 }
      const task: ProcessTask = {
        job: { ...job!, values, identity: identityOf({ ...job!, values }, codeVersion()) },
        modules: folder,
      }
      const parent = spawn(
        process.execPath,
        [
          '--input-type=module',
          '--eval',
          `import { fork } from 'node:child_process'
        import { fileURLToPath } from 'node:url'
        const child = fork(fileURLToPath(${JSON.stringify(JOB_PROCESS)}), [], { execArgv: ${JSON.stringify(SOURCE_FLAGS)} })
        child.send(${JSON.stringify(task)}, () => console.log(child.pid))`,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const [said] = (await once(parent.stdout, 'data')) as [Buffer]
      const child = Number(said.toString())
      try {
        while (module.runs.length === 0) await sleep(50)
        parent.kill('SIGKILL')
        await once(parent, 'exit')
        let tries = 0
        while (isThere(child) && tries++ < 300) await sleep(100)
        assert.equal(isThere(child), false, 'it goes on for nobody')
      } finally {
        if (isThere(child)) process.kill(child, 'SIGKILL')
      }
    })
  })
})

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
