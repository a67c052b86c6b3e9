import type { Job } from './job.ts'
import type { JobRecord } from './job-record.ts'

/** Who runs the jobs of a sweep. */
export interface SweepBackend {
  /**
   * Runs `jobs`, whose keys all differ, and yields one record for each as it comes, in any order. `signal` ends the
   * iteration at once, without the rest. Throws only when no further job can be run at all.
   */
  run(jobs: readonly Job[], signal: AbortSignal): AsyncIterable<JobRecord>
}
