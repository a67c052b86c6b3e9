import { MESSAGE } from '../codec/wire.ts'
import { copyBytes } from '../core/bytes.ts'
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { Availability } from './availability.ts'
import { blockKey } from './block-key.ts'
import type { WireReason } from './close-reasons.ts'
import { Grants } from './grants.ts'
import type { Link } from './link.ts'
import { MEMORY_DELAY } from './outbox.ts'

const WATERMARK_SECONDS = 0.5

interface Demand {
  readonly piece: number
  readonly begin: number
  readonly length: number
  /** Choked or cancelled while the owner reads it: the bytes are dropped when they come. */
  dropped: boolean
}

/**
 * The half of a connection that serves. A request of the remote is queued, then served (the owner is reading it), then
 * answered. With BEP 6 each is answered exactly once, by its block or a reject; without it what is refused is passed over.
 */
export class Uploads<Peer> {
  /** We choke the remote. */
  choking = true
  /** The remote is interested in us. */
  interested = false
  readonly grants: Grants<Peer>
  readonly #link: Link<Peer>
  readonly #availability: Availability<Peer>
  readonly #queue = new Map<number, Demand>()
  readonly #serving: Demand[] = []
  /** Bytes being read by the owner. */
  #reading = 0
  /** The upload limit was in the way when it last asked. */
  #isLimited = false
  /** It was the last that the limit let through, and lets the others go first. */
  #hadShare = false
  #chokedAt: Micros = Number.NEGATIVE_INFINITY
  #badRequests = 0
  #requestsWhileChoked = 0
  /** Pieces of ours that we have told the remote of and lost. */
  readonly #withdrawn = new Set<number>()

  constructor(link: Link<Peer>, availability: Availability<Peer>) {
    this.#link = link
    this.#availability = availability
    this.grants = new Grants(link)
  }

  /** Whether a request for `piece` would be served: we do not choke, or it was granted by BEP 6. */
  mayServe(piece: number): boolean {
    return !this.choking || this.#granted(piece)
  }

  /** Whether the remote may fetch pieces from us although we choke it (BEP 6). */
  get granting(): boolean {
    return this.grants.open(this.#availability.pieces?.count ?? 0)
  }

  interest(now: Micros, interested: boolean): void {
    const { owner, peer, flood } = this.#link
    const changed = this.interested !== interested
    this.interested = interested
    if (!flood.flip(now, changed)) {
      this.#link.fail(now, 'wire/flood-state')
      return
    }
    if (changed) owner.interest(peer, now, interested)
  }

  request(now: Micros, piece: number, begin: number, length: number): void {
    const { owner, peer, options, remote, geometry, ours } = this.#link
    if (length > options.maxRequest) {
      this.#link.fail(now, 'wire/request-too-long')
      return
    }
    if (!this.interested) {
      this.interested = true
      owner.interest(peer, now, true)
    }
    if (!this.mayServe(piece)) {
      this.#refuse(now, piece, begin, length)
      if (now >= this.#chokedAt + options.chokeGrace) this.#requestsWhileChoked += 1
      this.#limit(now, this.#requestsWhileChoked, 'wire/requests-while-choked')
      return
    }
    if (!geometry?.contains(piece, begin, length) || length > options.maxServed || !ours?.has(piece)) {
      this.#refuse(now, piece, begin, length)
      if (!this.#withdrawn.has(piece)) this.#limit(now, ++this.#badRequests, 'wire/bad-requests')
      return
    }
    const key = blockKey(piece, begin)
    const room = remote.fast ? options.requestQueue : options.maxRequestQueue
    if (this.#queue.has(key) || this.#queue.size + this.#serving.length >= room) {
      this.#refuse(now, piece, begin, length)
      return
    }
    this.#queue.set(key, { piece, begin, length, dropped: false })
  }

  /** We have `piece` no longer: what was asked of it is refused, and who asks for it still is not to blame (SV6). */
  withdraw(now: Micros, piece: number): void {
    this.#withdrawn.add(piece)
    for (const [key, demand] of this.#queue) {
      if (demand.piece !== piece) continue
      this.#queue.delete(key)
      this.#refuse(now, demand.piece, demand.begin, demand.length)
    }
    for (const demand of this.#serving) if (!demand.dropped && demand.piece === piece) this.#drop(now, demand)
  }

  cancel(now: Micros, piece: number, begin: number, length: number): void {
    if (!this.#link.geometry?.contains(piece, begin, length)) return
    const key = blockKey(piece, begin)
    const queued = this.#queue.get(key)
    if (queued?.length === length) {
      this.#queue.delete(key)
      this.#refuse(now, piece, begin, length)
      return
    }
    const served = this.#served(piece, begin, length, false)
    if (served) this.#drop(now, served)
  }

  choke(now: Micros): void {
    if (this.choking) return
    this.choking = true
    this.#chokedAt = now
    this.#link.outbox.simple(now, MESSAGE.choke)
    for (const [key, demand] of this.#queue) {
      if (this.#granted(demand.piece)) continue
      this.#queue.delete(key)
      this.#refuse(now, demand.piece, demand.begin, demand.length)
    }
    for (const demand of this.#serving) {
      if (!demand.dropped && !this.#granted(demand.piece)) this.#drop(now, demand)
    }
  }

  unchoke(now: Micros): void {
    if (!this.choking) return
    this.choking = false
    this.#requestsWhileChoked = 0
    this.#link.outbox.simple(now, MESSAGE.unchoke)
  }

  /**
   * Begins to serve as many as watermark and rate limit allow; returns when the limit lets more out, if it is in the way. Who has
   * just had a share asks a moment after the others that wait: else the first would be the first each time.
   */
  settle(now: Micros): Micros {
    if (this.#queue.size === 0) return NEVER
    const { owner, peer, options, outbox, limits } = this.#link
    const watermark = this.#watermark(now)
    for (const demand of this.#queue.values()) {
      if (outbox.unsent + this.#reading >= watermark || this.#serving.length >= options.maxServing) break
      if (!this.mayServe(demand.piece)) {
        this.#queue.delete(blockKey(demand.piece, demand.begin))
        this.#refuse(now, demand.piece, demand.begin, demand.length)
        continue
      }
      if (!outbox.hasMemory(demand.length, this.#reading)) return now + MEMORY_DELAY
      const wait = this.#waitForLimit(now)
      if (wait > now) return wait
      this.#queue.delete(blockKey(demand.piece, demand.begin))
      this.#serving.push(demand)
      this.#reading += demand.length
      outbox.memory.draw(demand.length)
      limits.up.take(now, demand.length)
      if (this.choking) this.grants.spend(demand.piece)
      owner.serve(peer, now, demand.piece, demand.begin, demand.length)
    }
    return NEVER
  }

  /** `now`: the limit lets something out to this remote. */
  #waitForLimit(now: Micros): Micros {
    const { up } = this.#link.limits
    if (!up.ready(now)) {
      this.#isLimited = true
      return up.readyAt(now)
    }
    if (this.#isLimited && this.#hadShare) {
      this.#hadShare = false
      return now + 1
    }
    this.#isLimited = false
    this.#hadShare = true
    return now
  }

  /**
   * What may wait in the stream: what leaves in half a second, and one block. More would go out after a choke or a cancel, and
   * keep a slow line busy for a quarter of a minute with what nobody wants any more.
   */
  #watermark(now: Micros): number {
    const { options, up } = this.#link
    return Math.min(options.watermark, Math.max(BLOCK_LENGTH, up.rate(now) * WATERMARK_SECONDS))
  }

  /** The owner has read a block: it goes out, unless it is no longer wanted. */
  deliver(now: Micros, piece: number, begin: number, length: number, view: Uint8Array): void {
    if (!this.#finish(now, piece, begin, length)) return
    this.#link.up.add(now, length)
    this.#link.flood.news()
    // A view of a few bytes would keep all that was read with them in memory while it waits.
    this.#link.outbox.piece(now, piece, begin, length < BLOCK_LENGTH ? copyBytes(view) : view)
  }

  /** The owner could not read it. */
  refuse(now: Micros, piece: number, begin: number, length: number): void {
    if (!this.#finish(now, piece, begin, length)) return
    this.#link.limits.up.take(now, -length)
    this.#refuse(now, piece, begin, length)
  }

  /** The connection has ended. */
  end(now: Micros): void {
    this.#queue.clear()
    this.#serving.length = 0
    this.#link.limits.up.take(now, -this.#reading)
    this.#link.outbox.memory.giveBack(this.#reading)
    this.#reading = 0
  }

  #granted(piece: number): boolean {
    const { remote } = this.#link
    return remote.fast && this.grants.allows(piece, this.#availability.pieces?.count ?? 0)
  }

  /** Takes out what the owner has finished with; false when nobody waits for it. */
  #finish(now: Micros, piece: number, begin: number, length: number): boolean {
    // Of two reads of one block the first that ends serves who still waits, so that one that never ends holds up nobody.
    const demand = this.#served(piece, begin, length, false) ?? this.#served(piece, begin, length, true)
    if (!demand) return false
    this.#serving.splice(this.#serving.indexOf(demand), 1)
    this.#reading -= length
    this.#link.outbox.memory.giveBack(length)
    if (demand.dropped) this.#link.limits.up.take(now, -length)
    return !demand.dropped
  }

  #served(piece: number, begin: number, length: number, dropped: boolean): Demand | undefined {
    for (const demand of this.#serving) {
      if (demand.begin !== begin || demand.piece !== piece || demand.length !== length) continue
      if (demand.dropped === dropped) return demand
    }
    return undefined
  }

  #drop(now: Micros, demand: Demand): void {
    demand.dropped = true
    this.#refuse(now, demand.piece, demand.begin, demand.length)
  }

  #refuse(now: Micros, piece: number, begin: number, length: number): void {
    this.#link.counters.refused += 1
    if (this.#link.remote.fast) this.#link.outbox.reject(now, piece, begin, length)
  }

  #limit(now: Micros, count: number, reason: WireReason): void {
    if (count > this.#link.options.maxBadRequests) this.#link.fail(now, reason)
  }
}
