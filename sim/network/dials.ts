import type { Address } from '../../src/core/address.ts'
import type { Micros } from '../../src/core/time.ts'
import type { EventSlot, Scheduler } from '../engine/scheduler.ts'
import { EPHEMERAL_PORTS, FIRST_EPHEMERAL_PORT, type Listener, type Listeners } from './listeners.ts'
import type { Network, Route } from './network.ts'
import type { Site } from './site.ts'
import type { StreamEnd } from './stream-end.ts'
import { DIAL_ATTEMPTS, FIRST_DIAL_WAIT, HEADERS } from './tcp.ts'

interface Dial {
  readonly end: StreamEnd
  readonly to: Address
  attempts: number
}

/** A dial that has come to a host: who listens there, if anybody. */
interface Knock {
  readonly dial: Dial
  readonly route: Route
  listener: Listener | undefined
}

interface Arrival {
  readonly listener: Listener
  readonly end: StreamEnd
  readonly from: Address
}

/** What becomes of dials. */
export interface DialOutcomes {
  /** Both ends are known to each other; nothing may come to `accepted` before `at`, when its machine hears of it. */
  joined(end: StreamEnd, accepted: StreamEnd, at: Micros): void
  /** The accepting machine has been told. */
  admitted(end: StreamEnd): void
  /** The accepting machine was not there any more. */
  turnedAway(end: StreamEnd): void
  failed(end: StreamEnd, reason: 'network/refused' | 'network/timeout'): void
}

/** Handshakes: one round trip for the side that dials, half a round trip more for the other; a lost packet is repeated after 1, 2, 4... s, seven in all. */
export class Dials {
  opened = 0

  readonly #scheduler: Scheduler
  readonly #network: Network
  readonly #listeners: Listeners
  readonly #outcomes: DialOutcomes
  readonly #attempt: number
  readonly #knock: number
  readonly #answer: number
  readonly #accept: number

  constructor(scheduler: Scheduler, network: Network, listeners: Listeners, outcomes: DialOutcomes) {
    this.#scheduler = scheduler
    this.#network = network
    this.#listeners = listeners
    this.#outcomes = outcomes
    this.#attempt = scheduler.register('stream dial', (_to, _value, dial) => this.#try(dial as Dial))
    this.#knock = scheduler.register('stream knock', (_to, _value, knock) => this.#knocked(knock as Knock))
    this.#answer = scheduler.register('stream answer', (_to, _value, knock) => this.#answered(knock as Knock))
    this.#accept = scheduler.register('stream accept', (_to, _value, arrival) => {
      this.#accepted(arrival as Arrival)
    })
  }

  dial(end: StreamEnd, to: Address): void {
    this.#try({ end, to, attempts: 0 })
  }

  /** No further attempts. */
  forget(end: StreamEnd): void {
    if (end.redial !== undefined) this.#scheduler.cancel(end.redial)
    end.redial = undefined
  }

  #try(dial: Dial): void {
    const { end, to } = dial
    end.redial = undefined
    if (dial.attempts === DIAL_ATTEMPTS) {
      this.#outcomes.failed(end, 'network/timeout')
      return
    }
    const { now } = this.#scheduler
    const wait = FIRST_DIAL_WAIT * 2 ** dial.attempts
    dial.attempts += 1
    end.redial = this.#schedule(this.#attempt, now + wait, end.site, end.site, dial)
    const from = end.site.endpoint(to.family, FIRST_EPHEMERAL_PORT + ((end.id >> 1) % EPHEMERAL_PORTS))
    const route = from === undefined ? undefined : this.#network.route('tcp', end.site, from, to)
    if (route === undefined || !this.#passes(end.site, route.site)) return
    const at = end.site.up.send(now, HEADERS) + this.#network.travel(end.site, route.site)
    this.#schedule(this.#knock, at, route.site, end.site, { dial, route, listener: undefined })
  }

  #knocked(knock: Knock): void {
    const { site, to } = knock.route
    const { end } = knock.dial
    const listener = this.#listeners.at(site, to)
    // A full queue of half-open streams swallows the dial, which is repeated.
    if (listener?.isFull === true || !this.#passes(site, end.site)) return
    knock.listener = listener
    if (listener !== undefined) listener.waiting += 1
    const at = this.#scheduler.now + this.#network.travel(site, end.site)
    this.#schedule(this.#answer, at, end.site, site, knock)
  }

  #answered({ dial, route, listener }: Knock): void {
    const { end } = dial
    const { site, seenAs: from } = route
    if (end.state !== 'opening') {
      if (listener !== undefined) listener.waiting -= 1
      return
    }
    this.forget(end)
    if (listener === undefined) {
      this.#outcomes.failed(end, 'network/refused')
      return
    }
    this.opened += 1
    const { now } = this.#scheduler
    const at = now + this.#network.travel(end.site, site)
    const accepted = listener.admit()
    accepted.remote = end
    end.remote = accepted
    end.state = 'open'
    this.#outcomes.joined(end, accepted, at)
    this.#schedule(this.#accept, at, site, end.site, { listener, end: accepted, from })
    end.site.inputs?.connected(now, end.id)
  }

  #accepted({ listener, end, from }: Arrival): void {
    listener.waiting -= 1
    if (end.state !== 'opening') return
    const { inputs, manner } = listener.site
    if (!listener.open || inputs === undefined || manner === 'resets') {
      this.#outcomes.turnedAway(end)
      return
    }
    end.state = 'open'
    inputs.accepted(this.#scheduler.now, listener.handle, end.id, from)
    this.#outcomes.admitted(end)
  }

  /** Whether a packet that `from` sends now gets to `to`. */
  #passes(from: Site, to: Site): boolean {
    return this.#network.reaches(from, to) && !this.#network.loses(from, to)
  }

  #schedule(kind: number, at: Micros, to: Site, from: Site, subject: object): EventSlot {
    return this.#scheduler.schedule(at, to.index, from.index, kind, HEADERS, subject)
  }
}
