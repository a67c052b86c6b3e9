import type { HashRequest } from '../codec/hash-message.ts'
import { type Micros, NEVER, SECOND } from '../core/time.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { HashWant } from './hash-wants.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'

/** A request that is not answered by then goes to another peer as well. */
const PATIENCE = 5 * SECOND
/** Who has rejected a request, or let it wait, is asked for it again after so long. */
const REST = 20 * SECOND
/** While someone could answer and may not be asked yet. */
const RETRY = SECOND
/** Requests looked at in vain for one that a peer may be asked. */
const MOST_PASSED = 64

/** With the nodes that were wanted, or none: they did not come in time. */
export type WantDone = (now: Micros, nodes: Uint8Array | undefined) => void

interface Errand {
  readonly want: HashWant
  readonly until: Micros
  readonly done: WantDone
  left: number
}

interface Ask {
  readonly request: HashRequest
  readonly errand: Errand
  /** Who is not to be asked, until when. */
  readonly rests: Map<PeerKey, Micros>
}

/** Asks peers for nodes of trees (BEP 52): each of a few things at a time, those that have the piece first; who is silent is passed over soon. */
export class HashAsker {
  readonly #slots: ReadonlyMap<PeerKey, PeerSlot>
  /** Not asked for now, in order. */
  #due: Ask[] = []
  /** What was asked for and has not come, and when that is late. */
  readonly #asked = new Map<HashRequest, { readonly ask: Ask; lateAt: Micros }>()
  /** Errands that end. */
  readonly #hurried = new Set<Errand>()
  #retryAt: Micros = NEVER

  constructor(slots: ReadonlyMap<PeerKey, PeerSlot>) {
    this.#slots = slots
  }

  /** `until`: when it is no longer of use. */
  want(now: Micros, want: HashWant, until: Micros, done: WantDone): void {
    const errand: Errand = { want, until, done, left: want.requests.length }
    const asks = want.requests.map((request) => ({ request, errand, rests: new Map<PeerKey, Micros>() }))
    if (until === NEVER) this.#due.push(...asks)
    else {
      this.#hurried.add(errand)
      this.#due.unshift(...asks)
    }
    this.pump(now)
  }

  /** False: that is a lie. */
  given(now: Micros, request: HashRequest, nodes: Uint8Array): boolean {
    const ask = this.#askOf(request)
    if (ask === undefined) return true
    const { errand } = ask
    if (!errand.want.take(request, nodes)) {
      this.#again(ask)
      return false
    }
    if (!this.#asked.delete(request)) this.#due = this.#due.filter((other) => other !== ask)
    errand.left -= 1
    if (errand.left === 0) this.#end(now, errand, errand.want.nodes)
    return true
  }

  rejected(request: HashRequest): void {
    const ask = this.#askOf(request)
    if (ask !== undefined) this.#again(ask)
  }

  /** Asks for what is due, as far as there is somebody to ask. */
  pump(now: Micros): void {
    this.#retryAt = NEVER
    if (this.#due.length === 0) return
    const able = [...this.#slots.values()].filter(({ peer }) => peer.remote.v2)
    const passed: Ask[] = []
    while (this.#due.length > 0 && passed.length < MOST_PASSED) {
      const ask = this.#due.shift()!
      if (this.#send(now, ask, able)) this.#asked.set(ask.request, { ask, lateAt: now + PATIENCE })
      else passed.push(ask)
    }
    this.#due.unshift(...passed)
    if (passed.length > 0 && able.length > 0) this.#retryAt = now + RETRY
  }

  tick(now: Micros): void {
    for (const errand of [...this.#hurried]) if (errand.until <= now) this.#end(now, errand, undefined)
    for (const { ask, lateAt } of [...this.#asked.values()]) if (lateAt <= now) this.#again(ask)
    this.pump(now)
  }

  nextDeadline(): Micros {
    let next = this.#retryAt
    for (const { until } of this.#hurried) next = Math.min(next, until)
    for (const { lateAt } of this.#asked.values()) next = Math.min(next, lateAt)
    return next
  }

  /** Those that have the piece before the others. */
  #send(now: Micros, { request, errand, rests }: Ask, able: readonly PeerSlot[]): boolean {
    const { piece } = errand.want
    const has = (peer: PeerWire): boolean => peer.pieces?.has(piece) === true
    const order = [...able.filter(({ peer }) => has(peer)), ...able.filter(({ peer }) => !has(peer))]
    for (const { key, peer } of order) {
      if ((rests.get(key) ?? now) > now || peer.hashes?.request(now, request) !== true) continue
      rests.set(key, now + REST)
      return true
    }
    return false
  }

  #askOf(request: HashRequest): Ask | undefined {
    return this.#asked.get(request)?.ask ?? this.#due.find((ask) => ask.request === request)
  }

  #again(ask: Ask): void {
    if (this.#asked.delete(ask.request)) this.#due.unshift(ask)
  }

  #end(now: Micros, errand: Errand, nodes: Uint8Array | undefined): void {
    this.#hurried.delete(errand)
    if (errand.left > 0) {
      this.#due = this.#due.filter((ask) => ask.errand !== errand)
      for (const { ask } of [...this.#asked.values()])
        if (ask.errand === errand) this.#asked.delete(ask.request)
    }
    errand.done(now, nodes)
  }
}
