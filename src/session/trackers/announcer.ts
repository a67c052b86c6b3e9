import type { Announce } from '../../codec/announce.ts'
import type { Address } from '../../core/address.ts'
import { MINUTE, type Micros, NEVER, SECOND } from '../../core/time.ts'
import { type AnnounceResult, acceptedPeers } from './announce-result.ts'
import type { Tracker, TrackerTiers } from './tracker-tiers.ts'

/** Between two announces, whatever the tracker says; what holds while it says nothing. */
const LEAST_INTERVAL = MINUTE
const LONGEST_INTERVAL = 24 * 60 * MINUTE
const USUAL_INTERVAL = 30 * MINUTE
/** How often it is seen whether somebody is there, who makes a look before the time needless. */
const LOOK = MINUTE
const WANTED_PEERS = 100

export interface AnnouncerInit {
  readonly tiers: TrackerTiers
  /** What there is to tell at this moment. */
  figures(): Omit<Announce, 'event' | 'want'>
  /** Returns what gives it up; `done` is called once, not before this has returned. */
  ask(tracker: Tracker, announce: Announce, done: (now: Micros, result: AnnounceResult) => void): () => void
  found(now: Micros, peers: readonly Address[]): void
  /** Another tracker answers than before. */
  switched(now: Micros): void
  /** `problem`: what a tracker says or does not, each once. */
  warn(code: 'tracker/failed' | 'tracker/warning', problem: string): void
  /** The deadline is another. */
  touch(): void
}

/**
 * Tells one tracker at a time, the first that answers (BEP 12), what becomes of a torrent, and hears of peers: started, completed,
 * stopped, and again whenever its interval is over.
 */
export class Announcer {
  readonly #init: AnnouncerInit
  readonly #told = new Set<string>()
  #at: Micros = NEVER
  /** While nobody is there it is asked from then on. */
  #soonestAt: Micros = NEVER
  #lookAt: Micros = NEVER
  #current: Tracker | undefined
  #giveUp: (() => void) | undefined
  #completed = false
  #begun = false

  constructor(init: AnnouncerInit) {
    this.#init = init
  }

  begin(now: Micros): void {
    if (this.#begun) return
    this.#begun = true
    this.#at = now
    this.#init.touch()
  }

  /** There are more trackers than before. */
  added(now: Micros): void {
    if (this.#begun && this.#current === undefined) this.#at = now
    this.#init.touch()
  }

  /** The last piece has come. */
  completed(now: Micros): void {
    if (!this.#begun || this.#current === undefined) return
    this.#completed = true
    this.#at = now
    this.#init.touch()
  }

  /** Who was told that we are there is told that we go. */
  stop(): void {
    if (!this.#begun) return
    this.#begun = false
    this.#at = NEVER
    this.#lookAt = NEVER
    this.#giveUp?.()
    this.#giveUp = undefined
    const announce: Announce = { ...this.#init.figures(), event: 'stopped', want: 0 }
    for (const tracker of this.#init.tiers.all) {
      if (tracker.started) this.#init.ask(tracker, announce, () => {})
      tracker.started = false
    }
  }

  /** `alone`: peers are wanted and none is connected. */
  tick(now: Micros, alone: boolean): void {
    if (now >= this.#lookAt) this.#lookAt = now + LOOK
    if (this.#giveUp !== undefined || now < (alone ? Math.min(this.#at, this.#soonestAt) : this.#at)) return
    const tracker = this.#init.tiers.next(now)
    if (tracker === undefined) this.#at = this.#init.tiers.nextAt
    else this.#ask(tracker)
  }

  get deadline(): Micros {
    return this.#giveUp === undefined ? Math.min(this.#at, this.#lookAt) : NEVER
  }

  #ask(tracker: Tracker): void {
    const completed = this.#completed && tracker.started
    const event = tracker.started ? (completed ? 'completed' : undefined) : 'started'
    const announce: Announce = { ...this.#init.figures(), event, want: WANTED_PEERS }
    this.#at = NEVER
    this.#soonestAt = NEVER
    this.#giveUp = this.#init.ask(tracker, announce, (at, result) => {
      this.#giveUp = undefined
      if (result.ok) this.#answered(at, tracker, result, completed)
      else {
        this.#init.tiers.failed(at, tracker)
        this.#warn('tracker/failed', tracker, result.failure.message)
        // The next one is asked at once; of all in vain, the first that may be asked again.
        this.#at = at
      }
      this.#init.touch()
    })
  }

  #answered(
    now: Micros,
    tracker: Tracker,
    result: Extract<AnnounceResult, { ok: true }>,
    completed: boolean,
  ): void {
    const { tiers, switched, found } = this.#init
    const { answer } = result
    tiers.answered(tracker)
    tracker.started = true
    tracker.id = answer.trackerId ?? tracker.id
    if (completed) this.#completed = false
    const isOther = this.#current !== undefined && this.#current !== tracker
    this.#current = tracker
    const interval = clamped(answer.interval)
    this.#at = this.#completed ? now : now + interval
    this.#soonestAt = now + Math.min(clamped(answer.minInterval ?? answer.interval), interval)
    this.#lookAt = now + LOOK
    if (answer.warning !== undefined) this.#warn('tracker/warning', tracker, answer.warning)
    if (isOther) switched(now)
    found(now, acceptedPeers(result))
  }

  #warn(code: 'tracker/failed' | 'tracker/warning', { text }: Tracker, what: string): void {
    const problem = `The tracker ${text} ${code === 'tracker/failed' ? 'cannot be used' : 'warns'}: ${what}`
    if (this.#told.has(problem)) return
    this.#told.add(problem)
    if (this.#told.size > MOST_TOLD) this.#told.clear()
    this.#init.warn(code, problem)
  }
}

/** Warnings that are not said again. */
const MOST_TOLD = 256

/** From seconds. */
function clamped(interval: number = USUAL_INTERVAL / SECOND): Micros {
  return Math.min(Math.max(interval * SECOND, LEAST_INTERVAL), LONGEST_INTERVAL)
}
