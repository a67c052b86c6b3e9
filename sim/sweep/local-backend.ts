import process from 'node:process'
import { Piscina } from 'piscina'
import { codeVersion } from './code-version.ts'
import { type Job, keyOf } from './job.ts'
import { crashOf, type FinishedRecord, type JobRecord } from './job-record.ts'
import type { ThreadTask } from './job-thread.ts'
import { type Place, Placement, THREAD_MIB } from './placement.ts'
import { runInProcess } from './run-in-process.ts'
import type { SweepBackend } from './sweep-backend.ts'

/** Room above what a run took before; never more than all runs together have. */
const HEADROOM = 1.5
const IDLE_THREAD_MS = 5_000

export interface LocalOptions {
  /** Runs at the same time, at most. */
  readonly workers: number
  /** Memory for all runs together. */
  readonly memoryMiB: number
  /** Folder of the user's module, where the sweep is of one. */
  readonly modules?: string
  /** Memory that a job is known to take, in MiB. */
  readonly declared?: (job: Job) => number | undefined
  /** Flags of Node.js for threads and processes, in place of those of this process. */
  readonly nodeFlags?: readonly string[]
}

interface Ended {
  readonly job: Job
  readonly place: Place
  readonly result: FinishedRecord | Error
  readonly retried: boolean
}

/** Runs jobs on the cores of this machine: small ones on threads, large ones and those that crashed once in processes. */
export class LocalBackend implements SweepBackend {
  readonly #options: LocalOptions

  constructor(options: LocalOptions) {
    this.#options = options
  }

  async *run(jobs: readonly Job[], signal: AbortSignal): AsyncGenerator<JobRecord> {
    const { workers, memoryMiB, declared = () => undefined } = this.#options
    const placement = new Placement(workers, memoryMiB, declared)
    const runner = new Runner(this.#options)
    const waiting = jobs.map((job) => ({ job, retried: false }))
    /** By key; what has ended stays until it is taken from here, so that no result passes unseen. */
    const running = new Map<string, Promise<Ended>>()
    const stop = (): void => void runner.stop()
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted && (waiting.length > 0 || running.size > 0)) {
        for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
          const place = placement.take(next.job, next.retried)
          if (place === undefined) break
          waiting.shift()
          running.set(keyOf(next.job), this.#start(runner, next.job, place, next.retried))
        }
        const { job, place, result, retried } = await Promise.race(running.values())
        running.delete(keyOf(job))
        if (signal.aborted) return
        placement.giveBack(place)
        if (!(result instanceof Error)) {
          if (result.peakMiB !== undefined) placement.learn(job, result.peakMiB)
          yield result
        } else if (retried) {
          yield crashOf(job, codeVersion(), result.message)
        } else {
          waiting.unshift({ job, retried: true })
        }
      }
    } finally {
      signal.removeEventListener('abort', stop)
      await runner.stop()
      await Promise.all(running.values())
    }
  }

  async #start(runner: Runner, job: Job, place: Place, retried: boolean): Promise<Ended> {
    try {
      return { job, place, retried, result: await runner.run(job, place) }
    } catch (error) {
      return { job, place, retried, result: error instanceof Error ? error : new Error(String(error)) }
    }
  }
}

/** The pool of threads, which exists once a job needs it, and the processes. */
class Runner {
  readonly #options: LocalOptions
  readonly #stop = new AbortController()
  #pool: Piscina<ThreadTask, FinishedRecord> | undefined

  constructor(options: LocalOptions) {
    this.#options = options
  }

  run(job: Job, { kind, miB }: Place): Promise<FinishedRecord> {
    const { memoryMiB, modules, nodeFlags = process.execArgv } = this.#options
    if (kind === 'thread') return this.#threads().run({ job, modules })
    const heapMiB = Math.min(memoryMiB, Math.max(THREAD_MIB, Math.ceil(miB * HEADROOM)))
    return runInProcess(job, { modules, heapMiB, nodeFlags, signal: this.#stop.signal })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#pool?.destroy()
  }

  #threads(): Piscina<ThreadTask, FinishedRecord> {
    const { workers, memoryMiB, nodeFlags } = this.#options
    const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
    this.#pool ??= new Piscina({
      filename: new URL(`./job-thread${suffix}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: workers,
      idleTimeout: IDLE_THREAD_MS,
      ...(nodeFlags === undefined ? {} : { execArgv: [...nodeFlags] }),
      resourceLimits: { maxOldGenerationSizeMb: Math.min(THREAD_MIB, memoryMiB) },
    })
    return this.#pool
  }
}
