/** A process for one job: it is told the job, answers once and leaves. */
import process from 'node:process'
import type { Job } from './job.ts'
import type { FinishedRecord } from './job-record.ts'
import { orphanWatch } from './orphan.ts'
import { runJob } from './run-job.ts'

export interface ProcessTask {
  readonly job: Job
  /** `null`: no modules are run. */
  readonly modules: string | null
}

export type ProcessAnswer = { readonly record: FinishedRecord } | { readonly error: string }

const watch = orphanWatch()

// A terminal sends its interrupt to every process; when to leave is for the parent to say.
process.on('SIGINT', () => {})

process.once('message', async ({ job, modules }: ProcessTask) => {
  const answer = await answerTo(job, modules ?? undefined)
  process.send!(answer, () => process.disconnect())
})

async function answerTo(job: Job, modules: string | undefined): Promise<ProcessAnswer> {
  try {
    const record = await runJob(job, modules, watch)
    return { record: { ...record, peakMiB: Math.ceil(process.resourceUsage().maxRSS / 1024) } }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
