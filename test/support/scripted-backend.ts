import { codeVersion } from '../../sim/sweep/code-version.ts'
import { type Job, keyOf } from '../../sim/sweep/job.ts'
import { crashOf, type FinishedRecord, type JobRecord } from '../../sim/sweep/job-record.ts'
import type { SweepBackend } from '../../sim/sweep/sweep-backend.ts'

/** What a job brings, or `crash`, or nothing at all. */
export type Script = (job: Job) => Partial<FinishedRecord> | 'crash' | 'lost'

/** Answers as the script says, last jobs first, and keeps the keys of what it was given. */
export class ScriptedBackend implements SweepBackend {
  readonly ran: string[] = []
  readonly #script: Script

  constructor(script: Script = () => ({})) {
    this.#script = script
  }

  async *run(jobs: readonly Job[], signal: AbortSignal): AsyncGenerator<JobRecord> {
    for (const job of jobs.toReversed()) {
      if (signal.aborted) return
      const said = this.#script(job)
      if (said === 'lost') continue
      this.ran.push(keyOf(job))
      yield said === 'crash' ? crashOf(job, codeVersion(), 'as the script says') : recordOf(job, said)
    }
  }
}

/** A record of a run whose one metric, `height`, is its seed. */
export function recordOf(job: Job, said: Partial<FinishedRecord> = {}): FinishedRecord {
  const { identity, scenario, values, seed, copy } = job
  const { digest: code, node } = codeVersion()
  return {
    ...{ identity, scenario, values, seed, copy, code, node },
    outcome: 'passed',
    digest: `digest of ${identity}`,
    start: 'joined',
    virtualMs: 1_000,
    events: 10,
    metrics: { height: seed },
    checks: [],
    wallMs: 1,
    ...said,
  }
}
