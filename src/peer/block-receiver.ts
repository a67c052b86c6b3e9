import { EMPTY } from '../core/bytes.ts'
import type { Micros } from '../core/time.ts'
import type { LateBlocks } from './late-blocks.ts'
import type { Link } from './link.ts'
import type { Claim, WasteCause } from './peer-owner.ts'
import type { Pending, Pipeline } from './pipeline.ts'

/** Leads the payload of piece messages to the owner's sink, without a copy unless the owner asks to have it collected. */
export class BlockReceiver<Peer> {
  readonly #link: Link<Peer>
  readonly #pipeline: Pipeline
  readonly #late: LateBlocks
  #unrequested = 0
  /** Room for one collected block, made when first needed. */
  #scratch: Uint8Array = EMPTY

  // The block whose payload is arriving.
  #pending: Pending | undefined
  #claim: Claim = 'discard'
  #waste: WasteCause = 'unrequested'
  #piece = 0
  #begin = 0
  #length = 0
  #got = 0
  /** When it was requested, -1 when it never was. */
  #sentAt = -1
  /** It was taken from the download limit when it was asked for. */
  #paid = false

  constructor(link: Link<Peer>, pipeline: Pipeline, late: LateBlocks) {
    this.#link = link
    this.#pipeline = pipeline
    this.#late = late
  }

  /** A block of more than no bytes begins. */
  head(now: Micros, piece: number, begin: number, length: number): void {
    this.#piece = piece
    this.#begin = begin
    this.#length = length
    this.#got = 0
    this.#claim = 'discard'
    const pending = this.#pipeline.find(piece, begin)
    this.#paid = pending !== undefined
    if (pending) this.#expected(now, pending, length)
    else this.#unexpected(now, piece, begin, length)
  }

  bytes(now: Micros, view: Uint8Array): void {
    this.#link.down.add(now, view.length)
    if (this.#paid) this.#link.limits.down.take(now, -view.length)
    const offset = this.#got
    this.#got += view.length
    if (this.#claim === 'discard') return
    const { owner, peer } = this.#link
    if (this.#claim === 'stream' || view.length === this.#length) {
      owner.write(peer, this.#piece, this.#begin + offset, view)
      return
    }
    if (this.#scratch.length < this.#length) this.#scratch = new Uint8Array(this.#length)
    this.#scratch.set(view, offset)
    if (this.#got === this.#length) {
      owner.write(peer, this.#piece, this.#begin, this.#scratch.subarray(0, this.#length))
    }
  }

  end(now: Micros): void {
    const { owner, peer, counters, flood } = this.#link
    flood.news()
    const pending = this.#pending
    this.#pending = undefined
    if (pending) this.#pipeline.remove(pending)
    if (this.#sentAt >= 0) this.#pipeline.arrived(now, this.#length, this.#sentAt)
    if (this.#claim === 'discard') {
      counters.wasted += this.#length
      owner.wasted(peer, now, this.#length, this.#waste)
    } else owner.block(peer, now, this.#piece, this.#begin, this.#length)
  }

  /** `pending` has ended otherwise: nothing more of it is written. True when its payload was arriving. */
  abandon(now: Micros, pending: Pending): boolean {
    const arriving = pending === this.#pending
    this.#link.limits.down.take(now, (arriving ? this.#got : 0) - pending.length)
    if (!arriving) return false
    this.#paid = false
    this.#pending = undefined
    this.#claim = 'discard'
    this.#waste = 'late'
    return true
  }

  #expected(now: Micros, pending: Pending, length: number): void {
    if (pending.length !== length) {
      this.#link.fail(now, 'wire/bad-block')
      return
    }
    const { owner, peer } = this.#link
    this.#sentAt = pending.sentAt
    this.#waste = 'duplicate'
    this.#pending = pending
    const claim = owner.claim(peer, pending.piece, pending.begin, length)
    // The owner may have ended it at this very moment.
    if (this.#pending !== pending) return
    this.#claim = claim
    if (claim !== 'discard') return
    this.#pipeline.remove(pending)
    this.#pending = undefined
  }

  #unexpected(now: Micros, piece: number, begin: number, length: number): void {
    const { owner, peer, geometry, remote, options } = this.#link
    this.#sentAt = -1
    this.#waste = 'unrequested'
    if (geometry && !geometry.contains(piece, begin, length)) {
      this.#link.fail(now, 'wire/bad-block')
      return
    }
    const late = geometry && this.#late.find(now, piece, begin)
    if (late) {
      if (late.length !== length) {
        this.#link.fail(now, 'wire/bad-block')
        return
      }
      this.#late.answered(piece, begin)
      this.#sentAt = late.sentAt
      this.#waste = 'late'
      this.#claim = owner.claim(peer, piece, begin, length)
      return
    }
    this.#unrequested += 1
    if (remote.fast || this.#unrequested > options.maxUnrequested)
      this.#link.fail(now, 'wire/unrequested-block')
  }
}
