import type { RateLimits } from '../core/rate-limit.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE } from '../core/time.ts'
import type { AddOptions, Command } from './commands.ts'
import type { SessionEvent, TorrentProgress } from './events.ts'
import type { TorrentDriver } from './torrent-driver.ts'
import type { CheckedFiles } from './torrent-driver-init.ts'
import type { QueueState } from './torrent-queue.ts'
import { NO_CONNECTIONS, NO_PROGRESS } from './torrent-view.ts'
import { Wishes } from './wishes.ts'

/** Below so many bytes a second, for so long, a torrent is idle (libtorrent: `inactive_down_rate`, `auto_manage_startup`). */
const IDLE_RATE = 2048
const IDLE_AFTER = MINUTE

export type AddCommand = Extract<Command, { kind: 'add' }>

/** What is told of a torrent once, in however many turns it comes to it. */
const ONCE: ReadonlySet<SessionEvent['kind']> = new Set(['metadata', 'files', 'done'])

/** A torrent of a session over all its turns: a driver while it has one, and what outlasts that. */
export class QueuedTorrent {
  /** Of the hashes that it goes by. */
  readonly keys: Set<string> = new Set()
  readonly add: AddCommand
  readonly limits: RateLimits
  readonly wishes: Wishes
  driver: TorrentDriver | undefined
  /** The folder of its files. */
  out: string
  /** Its info dictionary, once that is known and right. */
  metadata: Uint8Array | undefined
  /** And the hashes of its pieces, if it is of version 2. */
  layers: Uint8Array | undefined
  /** Of a seed, which has no journal: what its files were when they were last hashed. */
  checked: CheckedFiles | undefined
  /** Its last driver's resume data is not safe yet. */
  leaving = false
  /** Called when it is, once the torrent itself is gone. */
  left: ((now: Micros) => void) | undefined
  /** It has been told that it waits. */
  waits = false
  readonly #told = new Set<SessionEvent['kind']>()
  #complete = false
  #movedAt: Micros = 0
  #seedsSince: Micros | undefined
  /** As it stood after the turns before this one. */
  #before: TorrentProgress | undefined
  #seeded: Micros = 0

  constructor(key: string, add: AddCommand, limits: RateLimits) {
    this.keys.add(key)
    this.add = add
    this.out = add.options.out
    this.wishes = new Wishes(add.options.mode === 'seed')
    this.limits = limits
  }

  /** It needs no turn. */
  get exempt(): boolean {
    return this.add.options.mode === 'metadata' || this.add.options.mode === 'trial'
  }

  /** What its next driver is made from: what the first was, less what has been done and found out since. */
  begin(now: Micros): Pick<AddCommand, 'source' | 'options'> {
    this.#movedAt = now
    const { source, options } = this.add
    if (this.#before === undefined) return { source, options }
    return {
      source: { ...source, metadata: this.metadata, layers: this.layers },
      options: { ...options, out: this.out, ...this.#limitsLeft(options) },
    }
  }

  /** Its driver is to go: its turn is over. */
  end(now: Micros): void {
    this.#before = this.progress(now)
    this.#rest(now)
    this.wishes.end()
    this.driver = undefined
    this.leaving = true
  }

  /** What is news of an event of its driver. */
  news(now: Micros, event: SessionEvent): SessionEvent | undefined {
    const { altered } = this.wishes
    this.wishes.told(event)
    if (event.kind === 'seeding') {
      this.#complete = true
      this.#seedsSince = now
    }
    if (event.kind === 'selected') this.#chosenAnew(now)
    if (!ONCE.has(event.kind)) return event
    const isNews = !this.#told.has(event.kind)
    this.#told.add(event.kind)
    if (isNews) return event
    // The choice was changed while it waited.
    if (event.kind !== 'files' || !altered) return undefined
    this.#chosenAnew(now)
    return { ...event, kind: 'selected' }
  }

  state(now: Micros): QueueState {
    const seeds = (this.#complete && !this.wishes.altered) || this.add.options.mode === 'seed'
    const progress = this.driver?.progress(now)
    if (progress === undefined) return { seeds, running: false, idle: this.exempt }
    const rate = seeds ? progress.up : progress.down
    if (rate >= IDLE_RATE || progress.phase === 'checking') this.#movedAt = now
    const idle = this.exempt || progress.phase === 'failed' || now - this.#movedAt >= IDLE_AFTER
    return { seeds, running: true, idle }
  }

  progress(now: Micros): TorrentProgress {
    const before = this.#before
    const progress = this.driver?.progress(now) ?? {
      ...(before ?? NOTHING),
      down: 0,
      up: 0,
      ...NO_CONNECTIONS,
      punched: before?.punched ?? 0,
      phase: 'queued',
      why: 'waits for its turn',
    }
    if (before === undefined || this.driver === undefined) return progress
    return {
      ...progress,
      uploaded: before.uploaded + progress.uploaded,
      received: before.received + progress.received,
      wasted: before.wasted + progress.wasted,
      punched: before.punched + progress.punched,
    }
  }

  /** It seeds no longer. */
  #rest(now: Micros): void {
    if (this.#seedsSince !== undefined) this.#seeded += now - this.#seedsSince
    this.#seedsSince = undefined
  }

  /** It is done again, once it has all of what is wanted now. */
  #chosenAnew(now: Micros): void {
    this.#rest(now)
    this.#complete = false
    this.#told.delete('done')
  }

  #limitsLeft({ seedRatio, seedTime }: AddOptions): Partial<AddOptions> {
    const { uploaded, total = 0 } = this.#before!
    return {
      recheck: false,
      ...(seedRatio === undefined || total === 0
        ? {}
        : { seedRatio: Math.max(0, seedRatio - uploaded / total) }),
      ...(seedTime === undefined ? {} : { seedTime: Math.max(0, seedTime - this.#seeded) }),
    }
  }
}

const NOTHING: TorrentProgress = { ...NO_PROGRESS, phase: 'queued', why: 'it waits for its turn' }
