import process from 'node:process'
import type { Worker } from 'bullmq'
import { codeVersion } from './code-version.ts'
import { heapFlags } from './heap-flags.ts'
import { type FinishedRecord, isFinished, readRecord } from './job-record.ts'
import { CODE_VARIABLE, MODULES_VARIABLE } from './queue-job.ts'
import { queueName, type RedisQueue } from './redis-queue.ts'
import { CHANGED } from './run-job.ts'

/** How often a job may be taken from a worker that fell silent before it counts as crashed. */
const MOST_STALLS = 3

export interface QueueWorkerOptions {
  /** Jobs at the same time, each in a process of its own. */
  readonly workers: number
  /** Memory for all of them together. */
  readonly memoryMiB: number
  /** Runs the jobs of modules in this folder, in place of the catalogue's. */
  readonly modules?: string
  /** A job whose worker gives no sign for so long goes to another. In milliseconds. */
  readonly silence: number
  readonly finished?: (record: FinishedRecord) => void
  readonly crashed?: (error: Error) => void
  /** The program's files are others than those that this worker was started with: it should be started again. */
  readonly changed?: () => void
  /** The connection was lost; the worker goes on once it is back. */
  readonly troubled?: (error: Error) => void
}

/** Takes jobs from the queue until it is closed. The runs are in other processes, so this one can tell that it lives. */
export class QueueWorker {
  readonly #worker: Worker

  constructor({ bullmq, options }: RedisQueue, settings: QueueWorkerOptions) {
    const { workers, memoryMiB, modules, silence, finished, crashed, changed, troubled } = settings
    const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
    const code = codeVersion()
    const name = queueName(code, modules !== undefined)
    const heapMiB = Math.max(512, Math.floor(memoryMiB / workers))
    this.#worker = new bullmq.Worker(name, new URL(`./queue-job${suffix}`, import.meta.url), {
      ...options,
      concurrency: workers,
      lockDuration: silence,
      stalledInterval: silence,
      maxStalledCount: MOST_STALLS,
      workerForkOptions: {
        execArgv: [...process.execArgv, ...heapFlags(heapMiB)],
        env: { ...process.env, [MODULES_VARIABLE]: modules, [CODE_VARIABLE]: code.digest },
      },
    })
    this.#worker.on('completed', (_job, value: unknown) => {
      const record = readRecord(value)
      if (record !== undefined && isFinished(record)) finished?.(record)
    })
    this.#worker.on('failed', (_job, error) => {
      crashed?.(error)
      if ('code' in error && error.code === CHANGED) changed?.()
    })
    this.#worker.on('error', (error) => troubled?.(error))
  }

  /** Takes no more jobs, and is done when those under way are. */
  async close(): Promise<void> {
    await this.#worker.close()
  }
}
