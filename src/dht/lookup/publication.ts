import type { Id } from '../../core/id.ts'
import { jittered, type Rng } from '../../core/rng.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { Agenda, Timed } from '../agenda.ts'
import type { DhtOptions } from '../options.ts'
import type { LookupHandle, LookupObserver, LookupRequest, LookupResult } from './lookup-request.ts'

/** `implied`: that of our datagrams; a function is asked each time. */
export type AnnouncedPort = number | 'implied' | (() => number)

export interface PublicationParts {
  readonly options: DhtOptions
  readonly dice: Rng
  readonly agenda: Agenda
  lookup(now: Micros, request: LookupRequest, observer: LookupObserver): LookupHandle
  stopped(publication: Publication): void
  /** A round has ended: our own store may be one of those that keep it. */
  keep(now: Micros, result: LookupResult, seeds: boolean): void
}

/**
 * Keeps an info-hash announced (BEP 5): at once, again a little after the start, then at jittered intervals. Each round is
 * a look-up, whose peers go to the observer, so that announcing and searching are one. A round that reached nobody is
 * repeated soon.
 */
export class Publication implements Timed {
  readonly infoHash: Id
  readonly #parts: PublicationParts
  readonly #port: AnnouncedPort
  readonly #observer: LookupObserver | undefined
  /** Whether we have everything by now (BEP 33). */
  readonly #seeds: (() => boolean) | undefined
  #round: LookupHandle | undefined
  #wait: Micros
  /** When the second announce is due, counted from the first that reached somebody. */
  #againAt: Micros | undefined
  #isReached = false
  #isStopped = false

  constructor(
    parts: PublicationParts,
    infoHash: Id,
    port: AnnouncedPort,
    observer: LookupObserver | undefined,
    seeds: (() => boolean) | undefined,
  ) {
    this.#parts = parts
    this.infoHash = infoHash
    this.#port = port
    this.#observer = observer
    this.#seeds = seeds
    this.#wait = parts.options.announceRetry * SECOND
  }

  /** Starts a round now, unless one is under way. */
  tick(now: Micros): void {
    if (this.#round !== undefined || this.#isStopped) return
    const seeds = this.#seeds?.()
    const port = portOf(this.#port)
    const own = port === 'implied' ? { port: 1, implied: true } : { port, implied: false }
    const announce = seeds === undefined ? own : { ...own, seeds }
    const request: LookupRequest = { target: this.infoHash, want: 'peers', announce }
    let isOver = false
    const round = this.#parts.lookup(now, request, {
      peers: (at, peers, from) => this.#observer?.peers?.(at, peers, from),
      done: (at, result) => {
        isOver = true
        this.#done(at, result)
      },
    })
    if (!isOver) this.#round = round
  }

  /** There are nodes now: a publication that reached nobody yet does not wait for its turn. */
  hasten(now: Micros): void {
    if (!this.#isReached) this.tick(now)
  }

  /** Our address has changed: what was announced leads nowhere. */
  readdress(now: Micros): void {
    this.#isReached = false
    this.tick(now)
  }

  stop(now: Micros): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#parts.agenda.delete(this)
    this.#round?.cancel(now)
    this.#parts.stopped(this)
  }

  #done(now: Micros, result: LookupResult): void {
    this.#round = undefined
    if (!this.#isStopped) {
      this.#parts.keep(now, result, this.#seeds?.() === true)
      this.#schedule(now, result)
    }
    this.#observer?.done(now, result)
  }

  #schedule(now: Micros, { announced }: LookupResult): void {
    const { agenda, dice, options } = this.#parts
    this.#isReached = announced > 0
    if (!this.#isReached) {
      agenda.set(this, now + this.#wait)
      this.#wait = Math.min(2 * this.#wait, options.announceAgain * SECOND)
      return
    }
    this.#wait = options.announceRetry * SECOND
    this.#againAt ??= now + options.announceAgain * SECOND
    if (now < this.#againAt) agenda.set(this, this.#againAt)
    else agenda.set(this, now + jittered(dice, options.announceInterval * SECOND, options.announceJitter))
  }
}

export function portOf(port: AnnouncedPort): number | 'implied' {
  return typeof port === 'function' ? port() : port
}
