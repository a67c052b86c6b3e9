/** What a thread of the pool runs, one job at a time. */
import type { Job } from './job.ts'
import type { FinishedRecord } from './job-record.ts'
import { runJob } from './run-job.ts'

export interface ThreadTask {
  readonly job: Job
  readonly modules: string | undefined
}

export default function runInThread({ job, modules }: ThreadTask): Promise<FinishedRecord> {
  return runJob(job, modules)
}
