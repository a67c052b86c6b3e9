import { type Micros, NEVER } from '../core/time.ts'
import type { Availability } from './availability.ts'
import { BlockReceiver } from './block-receiver.ts'
import { LateBlocks, type LateCause } from './late-blocks.ts'
import type { Link } from './link.ts'
import type { ReleaseCause } from './peer-owner.ts'
import { type Pending, Pipeline } from './pipeline.ts'

/** Requests that are held back, at most, until they can go out together. */
const MAX_BATCH = 64

/** What may still come after a request has ended so. */
const LATE_CAUSES: Readonly<Partial<Record<ReleaseCause, LateCause>>> = {
  timeout: 'timeout',
  choked: 'choked',
  lost: 'choked',
}

/** The half of a connection that fetches: the remote's choke, our requests, and how each of them ends. */
export class Downloads<Peer> {
  /** The remote chokes us. */
  choking = true
  readonly receiver: BlockReceiver<Peer>
  readonly pipeline: Pipeline
  readonly #link: Link<Peer>
  readonly #availability: Availability<Peer>
  readonly #late: LateBlocks
  #rejectsInRow = 0
  /** After a reject: no request before. */
  #restUntil: Micros = NEVER
  #refillDue = false

  constructor(now: Micros, link: Link<Peer>, availability: Availability<Peer>) {
    this.#link = link
    this.#availability = availability
    this.#late = new LateBlocks(link.options, link.counters)
    this.pipeline = new Pipeline(now, link.options)
    this.receiver = new BlockReceiver(link, this.pipeline, this.#late)
  }

  get deadline(): Micros {
    return Math.min(this.pipeline.deadline, this.#restUntil)
  }

  /** Something changed that may allow requests: the owner is asked at the next settle. */
  refillSoon(): void {
    this.#refillDue = true
  }

  /** Whether the owner should be asked for requests now; clears the mark. */
  takeRefill(): boolean {
    if (!this.#refillDue || !this.#hasRoom) return false
    this.#refillDue = false
    return this.wantsRequests
  }

  /**
   * Whether the pipeline has drained far enough to be worth a write: requests go out a quarter of the depth at a time, since a
   * write to a socket costs 20 us on both sides, and a request 17 bytes.
   */
  get #hasRoom(): boolean {
    const { depth } = this.pipeline.depth
    return this.pipeline.size + Math.min(depth >> 2, MAX_BATCH) < depth
  }

  get wantsRequests(): boolean {
    return (
      !this.pipeline.full &&
      this.#restUntil === NEVER &&
      (!this.choking || this.#availability.grants.size > 0)
    )
  }

  mayRequest(piece: number): boolean {
    return (!this.choking || this.#availability.grants.has(piece)) && this.#availability.has(piece)
  }

  request(now: Micros, piece: number, begin: number, length: number): boolean {
    const { geometry, limits, outbox } = this.#link
    if (!this.wantsRequests || !geometry?.contains(piece, begin, length) || !this.mayRequest(piece))
      return false
    if (this.pipeline.find(piece, begin)) return false
    const late = this.#late.find(now, piece, begin)
    if (late?.cause === 'timeout') {
      // The remote may still hold the first request: two of a kind are an error to some.
      outbox.cancel(now, piece, begin, late.length)
      this.#late.cancelled(now, piece, begin)
    }
    this.pipeline.add(now, piece, begin, length)
    limits.down.take(now, length)
    outbox.request(now, piece, begin, length)
    return true
  }

  cancel(now: Micros, piece: number, begin: number): void {
    const pending = this.pipeline.find(piece, begin)
    if (pending) this.#cancel(now, pending)
  }

  choke(now: Micros): void {
    const { owner, peer, flood, remote } = this.#link
    const changed = !this.choking
    this.choking = true
    // It suggests the same to others by the time it unchokes us again.
    remote.suggested.length = 0
    if (!flood.flip(now, changed)) {
      this.#link.fail(now, 'wire/flood-state')
      return
    }
    if (!changed) return
    // With BEP 6 each request is answered, by its block or a reject; without it a choke drops them all.
    if (!remote.fast) this.releaseAll(now, 'choked')
    owner.choked(peer, now)
  }

  unchoke(now: Micros): void {
    const { owner, peer, flood } = this.#link
    const changed = this.choking
    this.choking = false
    if (!flood.flip(now, changed)) {
      this.#link.fail(now, 'wire/flood-state')
      return
    }
    if (!changed) return
    this.#refillDue = true
    owner.unchoked(peer, now)
  }

  blockHead(now: Micros, piece: number, begin: number, length: number): void {
    // An empty block is how some clients say no.
    if (length === 0) this.reject(now, piece, begin, undefined)
    else this.receiver.head(now, piece, begin, length)
  }

  blockEnd(now: Micros): void {
    this.#rejectsInRow = 0
    this.#refillDue = true
    this.receiver.end(now)
  }

  /** The remote will not send a block; `length` is `undefined` when it did not say how long. */
  reject(now: Micros, piece: number, begin: number, length: number | undefined): void {
    const { geometry, counters } = this.#link
    counters.rejected += 1
    const late = geometry?.contains(piece, begin, 1) ? this.#late.find(now, piece, begin) : undefined
    const pending = this.pipeline.find(piece, begin)
    if (pending && late?.cause !== 'cancelled' && (length === undefined || length === pending.length)) {
      // A grant ends when the granter says so; asked again it would reject again, for ever (FX11). What it took back it must reject.
      if (this.choking) this.#availability.revoke(piece)
      else if (this.#availability.has(piece)) this.#rest(now)
      this.#release(now, pending, 'rejected')
    } else if (late) this.#late.answered(piece, begin)
    else this.#link.fail(now, 'wire/bad-reject')
  }

  tick(now: Micros): void {
    if (this.#restUntil <= now) {
      this.#restUntil = NEVER
      this.#refillDue = true
    }
    for (;;) {
      const overdue = this.pipeline.overdue(now)
      if (overdue === 'none') return
      if (overdue === 'all') {
        this.releaseAll(now, 'timeout')
        return
      }
      this.#release(now, this.pipeline.oldest!, 'timeout')
    }
  }

  releaseAll(now: Micros, cause: ReleaseCause): void {
    for (let left = this.pipeline.size; left > 0; left--) this.#release(now, this.pipeline.oldest!, cause)
  }

  /** The remote has dropped our requests for `piece`. */
  releasePiece(now: Micros, piece: number): void {
    for (let pending = this.pipeline.oldest; pending; ) {
      // A request that has ended is reused, so the next one is looked up before.
      const { newer } = pending
      if (pending.piece === piece) this.#release(now, pending, 'lost')
      pending = newer
    }
  }

  #release(now: Micros, pending: Pending, cause: ReleaseCause): void {
    const { owner, peer, counters } = this.#link
    const { piece, begin, length } = pending
    if (cause === 'timeout') counters.timedOut += 1
    this.#takeOut(now, pending, LATE_CAUSES[cause])
    this.#refillDue = true
    owner.released(peer, now, piece, begin, length, cause)
  }

  #cancel(now: Micros, pending: Pending): void {
    const { piece, begin, length } = pending
    const arriving = this.#takeOut(now, pending, 'cancelled')
    if (!arriving) this.#link.outbox.cancel(now, piece, begin, length)
    this.#refillDue = true
  }

  /** True when its payload was arriving: then it is not late, its rest is passed over. */
  #takeOut(now: Micros, pending: Pending, lateCause: LateCause | undefined): boolean {
    const { piece, begin, length, sentAt } = pending
    const arriving = this.receiver.abandon(now, pending)
    this.pipeline.remove(pending)
    if (!arriving && lateCause) this.#late.remember(now, piece, begin, length, sentAt, lateCause)
    return arriving
  }

  #rest(now: Micros): void {
    const { rejectRest, maxRejectRest } = this.#link.options
    this.#restUntil = now + Math.min(maxRejectRest, rejectRest * 2 ** Math.min(this.#rejectsInRow, 16))
    this.#rejectsInRow += 1
  }
}
