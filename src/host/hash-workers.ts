import { availableParallelism } from 'node:os'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { LodestoneError } from '../core/errors.ts'
import type { HashJob, HashResult } from './hash-worker.ts'

/** One a core: two read and hash 3.2 GB/s where one does 1.8; more than these would only queue at the disk. */
const MOST_THREADS = Math.min(availableParallelism(), 8)
/** What a thread takes. */
const THREAD_MEMORY = 8 * 1024 * 1024
/** Jobs given to a thread ahead of its answer, so that it never waits. */
const AHEAD = 2
/** After this long without work the last thread is let go, the others at once: they hold memory, and cost 40 ms of a processor to start. */
const IDLE_MS = 1_000
/** A thread makes nothing that lives on; left to itself it lets the garbage of its messages grow to 32 MiB. */
const LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 2 }

interface Thread {
  readonly worker: Worker
  readonly ended: Promise<void>
  readonly jobs: Set<number>
}

interface Waiting {
  readonly job: HashJob
  readonly resolve: (digest: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Starts a thread that runs `hash-worker`: compiled beside compiled code, source beside source. */
export type Launch = () => Worker

const launchBeside: Launch = () => {
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return new Worker(new URL(`./hash-worker${suffix}`, import.meta.url), { resourceLimits: LIMITS })
}

/** Hashes pieces from files on threads of their own; started when first needed, gone when idle. */
export class HashWorkers {
  readonly #launch: Launch
  readonly #most: number
  readonly #threads: Thread[] = []
  /** Told to end. */
  readonly #ending = new Set<Promise<void>>()
  /** Jobs not yet given to a thread; no more than the session has tickets under way. */
  readonly #queue: Waiting[] = []
  readonly #given = new Map<number, Waiting>()
  #timer: NodeJS.Timeout | undefined
  #nextId = 0
  /** Set when a thread ended by itself: none is tried again. */
  #failed = false

  /** `memory`: what the threads may take together, bytes; there is always one. */
  constructor(launch: Launch = launchBeside, memory: number = Number.POSITIVE_INFINITY) {
    this.#launch = launch
    this.#most = Math.min(MOST_THREADS, Math.max(1, Math.floor(memory / THREAD_MEMORY)))
  }

  /** There is a thread. */
  get running(): boolean {
    return this.#threads.length > 0
  }

  /** SHA-1 over the runs. Rejects with `thread/failed` when no thread can be had, with a storage error when reading fails. */
  digest(job: Omit<HashJob, 'id'>): Promise<Uint8Array> {
    clearTimeout(this.#timer)
    if (this.#failed) return Promise.reject(threadFailed())
    return new Promise((resolve, reject) => {
      this.#queue.push({ job: { ...job, id: this.#nextId++ }, resolve, reject })
      this.#feed()
    })
  }

  /** Ends the threads, once they have done what they were given; the rest is rejected. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#rejectQueue()
    for (const thread of [...this.#threads]) this.#end(thread)
    await Promise.all(this.#ending)
  }

  #end(thread: Thread): void {
    const { worker, ended } = thread
    this.#threads.splice(this.#threads.indexOf(thread), 1)
    this.#ending.add(ended)
    void ended.then(() => this.#ending.delete(ended))
    worker.ref()
    worker.postMessage(undefined)
  }

  #feed(): void {
    while (this.#queue.length > 0) {
      const thread = this.#leastBusy()
      if (thread === undefined) return
      const waiting = this.#queue.shift()!
      thread.jobs.add(waiting.job.id)
      this.#given.set(waiting.job.id, waiting)
      thread.worker.ref()
      thread.worker.postMessage(waiting.job)
    }
  }

  /** Another thread is begun only when all have their jobs ahead: the pieces of a download, one now and then, need no more than one. */
  #leastBusy(): Thread | undefined {
    const idle = this.#threads.find(({ jobs }) => jobs.size === 0)
    const ready = idle ?? this.#threads.find(({ jobs }) => jobs.size < AHEAD)
    return ready ?? (this.#threads.length < this.#most ? this.#start() : undefined)
  }

  #start(): Thread | undefined {
    let worker: Worker
    try {
      worker = this.#launch()
    } catch {
      this.#failed = true
      this.#rejectQueue()
      return undefined
    }
    const jobs = new Set<number>()
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    const thread: Thread = { worker, ended, jobs }
    this.#threads.push(thread)
    worker.on('message', (result: HashResult) => this.#answered(thread, result))
    worker.on('error', () => {})
    void ended.then(() => this.#lost(thread))
    return thread
  }

  #answered(thread: Thread, { id, digest, failure }: HashResult): void {
    thread.jobs.delete(id)
    const waiting = this.#given.get(id)
    this.#given.delete(id)
    if (digest !== undefined) waiting?.resolve(digest)
    else waiting?.reject(new LodestoneError('storage', failure!.code, failure!.message))
    // One that was told to end keeps the process until it has.
    if (!this.#threads.includes(thread)) return
    this.#feed()
    if (thread.jobs.size === 0) thread.worker.unref()
    if (this.#given.size > 0) return
    for (const other of [...this.#threads]) if (other !== thread) this.#end(other)
    this.#timer = setTimeout(() => void this.close(), IDLE_MS).unref()
  }

  #lost(thread: Thread): void {
    const at = this.#threads.indexOf(thread)
    if (at < 0) return
    this.#threads.splice(at, 1)
    this.#failed = true
    for (const id of thread.jobs) {
      this.#given.get(id)?.reject(threadFailed())
      this.#given.delete(id)
    }
    this.#rejectQueue()
  }

  #rejectQueue(): void {
    for (const { reject } of this.#queue.splice(0)) reject(threadFailed())
  }
}

function threadFailed(): LodestoneError {
  return new LodestoneError('closed', 'thread/failed', 'There is no thread to hash on.')
}
