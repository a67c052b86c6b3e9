import { setTimeout } from 'node:timers/promises'
import type { Queue, Job as QueuedJob } from 'bullmq'
import { codeVersion } from './code-version.ts'
import { type Job, keyOf } from './job.ts'
import { crashOf, type JobRecord, readRecord } from './job-record.ts'
import { queueName, type RedisQueue } from './redis-queue.ts'
import type { SweepBackend } from './sweep-backend.ts'

/** Jobs asked after or put in at once. */
const BATCH = 500
/** Events can be lost with a connection, so every job still out is asked after this often. In milliseconds. */
const ASK_AGAIN = 15_000
/** Results stay in the queue for a week, so that a sweep whose folder is lost still runs nothing twice. In seconds. */
const KEPT = { age: 7 * 24 * 3600 }
/** A crash is tried once more. A failed check is a result, and never tried again. */
const ATTEMPTS = 2

/** Has the jobs run by the workers of a queue on Redis. A job that is there already, from whichever sweep, is not put in again. */
export class QueueBackend implements SweepBackend {
  readonly #redis: RedisQueue

  constructor(redis: RedisQueue) {
    this.#redis = redis
  }

  /** Ended early, it leaves the jobs in the queue: workers go on, and the next sweep finds their results. */
  async *run(jobs: readonly Job[], signal: AbortSignal): AsyncGenerator<JobRecord> {
    if (jobs.length === 0) return
    const { bullmq, options } = this.#redis
    const name = queueName(
      codeVersion(),
      jobs.some(({ module }) => module !== undefined),
    )
    const pending = new Map(jobs.map((job) => [keyOf(job), job]))
    const inbox: JobRecord[] = []
    let wake = new AbortController()
    const arrived = (key: string, record: (job: Job) => JobRecord): void => {
      const job = pending.get(key)
      if (job === undefined) return
      pending.delete(key)
      inbox.push(record(job))
      wake.abort()
    }
    const queue = new bullmq.Queue(name, options)
    const events = new bullmq.QueueEvents(name, options)
    // The connections come back by themselves; what was missed is asked after.
    queue.on('error', () => {})
    events.on('error', () => {})
    events.on('completed', ({ jobId, returnvalue }) => arrived(jobId, (job) => recordOf(job, returnvalue)))
    events.on('failed', ({ jobId, failedReason }) =>
      arrived(jobId, (job) => crashOf(job, codeVersion(), failedReason)),
    )
    try {
      await events.waitUntilReady()
      await this.#ask(queue, pending, arrived, true, signal)
      while ((pending.size > 0 || inbox.length > 0) && !signal.aborted) {
        if (inbox.length === 0) {
          const early = AbortSignal.any([wake.signal, signal])
          const timedOut = await setTimeout(ASK_AGAIN, true, { signal: early }).catch(() => false)
          if (timedOut) await this.#ask(queue, pending, arrived, false, signal)
        }
        wake = new AbortController()
        yield* inbox.splice(0)
      }
    } finally {
      await Promise.all([events.close(), queue.close()])
    }
  }

  /** Collects what has ended and puts in what is missing; `again` also what ended in a crash before. */
  async #ask(
    queue: Queue,
    pending: ReadonlyMap<string, Job>,
    arrived: (key: string, record: (job: Job) => JobRecord) => void,
    again: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const keys = [...pending.keys()]
    for (let at = 0; at < keys.length && !signal.aborted; at += BATCH) {
      const batch = keys.slice(at, at + BATCH)
      const states = await Promise.all(
        batch.map((key) => queue.getJob(key) as Promise<QueuedJob | undefined>),
      )
      const missing: Job[] = []
      for (const [index, state] of states.entries()) {
        const key = batch[index]!
        const job = pending.get(key)
        if (job === undefined) continue
        const crashed = state?.finishedOn !== undefined && (state.failedReason ?? '') !== ''
        if (state === undefined) missing.push(job)
        else if (crashed && again) {
          await state.remove()
          missing.push(job)
        } else if (crashed) arrived(key, () => crashOf(job, codeVersion(), state.failedReason))
        else if (state.finishedOn !== undefined) arrived(key, () => recordOf(job, state.returnvalue))
      }
      await queue.addBulk(
        missing.map((job) => ({
          name: job.scenario,
          data: job,
          opts: { jobId: keyOf(job), attempts: ATTEMPTS, removeOnComplete: KEPT, removeOnFail: KEPT },
        })),
      )
    }
  }
}

/** A result is as little believed as any other text from the network. */
function recordOf(job: Job, value: unknown): JobRecord {
  const record = readRecord(value)
  if (record !== undefined && keyOf(record) === keyOf(job)) return record
  return crashOf(job, codeVersion(), 'The queue returned something that is no result of this job')
}
