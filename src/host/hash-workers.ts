import { availableParallelism } from 'node:os'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { LodestoneError } from '../core/errors.ts'
import type { FilePlace, HashJob, HashResult } from './hash-worker.ts'

/** One a core: two read and hash 3.2 GB/s where one does 1.8; more than these would only queue at the disk. */
const MOST_THREADS = Math.min(availableParallelism(), 8)
/** What a thread takes. */
const THREAD_MEMORY = 8 * 1024 * 1024
/** Jobs given to a thread ahead of its answer, so that it never waits. */
const AHEAD = 2
/** After this long without work a thread is let go: it holds memory, and costs 40 ms of a processor to start. */
const IDLE_MS = 1_000
/** Memory that went to a thread and came back, kept for the next job that needs as much. */
const SPARE = 4
/** A thread makes nothing that lives on; left to itself it lets the garbage of its messages grow to 32 MiB. */
const LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 2 }

interface Thread {
  readonly worker: Worker
  readonly ended: Promise<void>
  readonly jobs: Set<number>
  /** When it answered last; milliseconds. */
  answered: number
}

interface Waiting {
  readonly id: number
  /** Made when a thread has time for it. */
  readonly make: () => HashJob
  readonly resolve: (digest: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Starts a thread that runs `hash-worker`: compiled beside compiled code, source beside source. */
export type Launch = () => Worker

const launchBeside: Launch = () => {
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return new Worker(new URL(`./hash-worker${suffix}`, import.meta.url), { resourceLimits: LIMITS })
}

/** Hashes pieces from files on threads of their own, and blocks that it copies for them; started when first needed, gone when idle. */
export class HashWorkers {
  readonly #launch: Launch
  readonly #most: number
  readonly #threads: Thread[] = []
  /** Told to end. */
  readonly #ending = new Set<Promise<void>>()
  /** Jobs not yet given to a thread; no more than the session has tickets under way. */
  readonly #queue: Waiting[] = []
  readonly #given = new Map<number, Waiting>()
  readonly #spare: ArrayBuffer[] = []
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
  digest(place: FilePlace): Promise<Uint8Array> {
    return this.#do(() => ({ kind: 'whole', ...place }))
  }

  /** SHA-256 of each block of the runs, which begin with one each. Rejects in the same way. */
  leaves(place: FilePlace): Promise<Uint8Array> {
    return this.#do(() => ({ kind: 'blocks', ...place }))
  }

  /** The same of bytes, which are copied when a thread has time for them. */
  leavesOf(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#do(() => ({ kind: 'bytes', bytes: this.#copy(bytes) }))
  }

  #do(make: () => HashJob): Promise<Uint8Array> {
    clearTimeout(this.#timer)
    if (this.#failed) return Promise.reject(threadFailed())
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: this.#nextId++, make, resolve, reject })
      this.#feed()
    })
  }

  /** Memory of a thread's own: shared memory cost more processor time in all than this copy (0.03 ms for 256 KiB). */
  #copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const fits = this.#spare.findIndex((spare) => spare.byteLength >= bytes.length)
    const memory = fits < 0 ? new ArrayBuffer(bytes.length) : this.#spare.splice(fits, 1)[0]!
    const copy = new Uint8Array(memory, 0, bytes.length)
    copy.set(bytes)
    return copy
  }

  /** Ends the threads, once they have done what they were given; the rest is rejected. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#spare.length = 0
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
      const { id } = waiting
      const job = waiting.make()
      thread.jobs.add(id)
      this.#given.set(id, waiting)
      thread.worker.ref()
      thread.worker.postMessage({ id, job }, job.kind === 'bytes' ? [job.bytes.buffer] : [])
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
    const thread: Thread = { worker, ended, jobs, answered: performance.now() }
    this.#threads.push(thread)
    worker.on('message', (result: HashResult) => this.#answered(thread, result))
    worker.on('error', () => {})
    void ended.then(() => this.#lost(thread))
    return thread
  }

  #answered(thread: Thread, { id, digest, failure, memory }: HashResult): void {
    thread.jobs.delete(id)
    thread.answered = performance.now()
    if (memory !== undefined && this.#spare.length < SPARE) this.#spare.push(memory)
    const waiting = this.#given.get(id)
    this.#given.delete(id)
    if (digest !== undefined) waiting?.resolve(digest)
    else waiting?.reject(new LodestoneError('storage', failure!.code, failure!.message))
    // One that was told to end keeps the process until it has.
    if (!this.#threads.includes(thread)) return
    this.#feed()
    if (thread.jobs.size === 0) thread.worker.unref()
    this.#endIdle(thread.answered)
    if (this.#given.size > 0) return
    this.#timer = setTimeout(() => void this.close(), IDLE_MS).unref()
  }

  /** What a burst of pieces began, and what came since did not need. */
  #endIdle(now: number): void {
    const idle = this.#threads.filter(({ jobs, answered }) => jobs.size === 0 && now - answered > IDLE_MS)
    for (const thread of idle) this.#end(thread)
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
