import { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import { type Micros, NEVER, SECOND } from '../core/time.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { Spread } from './spread.ts'

/** Who passes nothing on is shown one piece more after this long: who cannot reach others must not wait for ever. */
const PATIENCE = 30 * SECOND

interface Served {
  /** Pieces that went to it whole. Whoever has got one from us need not say so: to its eyes we have it. */
  readonly whole: Bitfield
  /** Bytes that went to it of others. */
  readonly parts: Map<number, number>
  /** Those of `whole` that it has not said to have. */
  readonly unsaid: Set<number>
}

/**
 * Super-seeding (BEP 16): to each peer we seem to have nothing but what it is to fetch from us and pass on, which it hears of as if we had
 * just got it. So nothing is sent twice while there is anything that nobody has, whatever peers would ask for.
 */
export class SuperSeeding {
  readonly #spread: Spread
  readonly #geometry: Geometry
  readonly #served = new Map<PeerKey, Served>()
  /** How many peers have each piece without having said so. */
  readonly #unsaid: Uint32Array
  /** When each was last shown something, or one more was looked for in vain: the oldest first. */
  readonly #shownAt = new Map<PeerKey, Micros>()

  constructor(spread: Spread, geometry: Geometry) {
    this.#spread = spread
    this.#geometry = geometry
    this.#unsaid = new Uint32Array(geometry.pieceCount)
  }

  /** When somebody has waited long enough. */
  get deadline(): Micros {
    for (const at of this.#shownAt.values()) return at + PATIENCE
    return NEVER
  }

  /** What a new connection is told that we have. */
  nothing(): Bitfield {
    return new Bitfield(this.#geometry.pieceCount)
  }

  /** `length` bytes of `piece` go to a peer. */
  sent({ key, held }: PeerSlot, piece: number, length: number): void {
    const { whole, parts, unsaid } = this.#of(key)
    const sent = (parts.get(piece) ?? 0) + length
    if (sent < this.#geometry.lengthOf(piece)) parts.set(piece, sent)
    else {
      parts.delete(piece)
      if (!whole.add(piece) || (held.length > 0 && held.has(piece))) return
      unsaid.add(piece)
      this.#unsaid[piece]! += 1
    }
  }

  /** Peers that have `piece`, beside those that say so. */
  unsaid(piece: number): number {
    return this.#unsaid[piece]!
  }

  /** A peer says that it has more than before. */
  heard({ key, held }: PeerSlot): void {
    const { unsaid } = this.#of(key)
    for (const piece of unsaid) if (held.has(piece)) this.#said(unsaid, piece)
  }

  /** Shows a peer what it is to have next: `ahead` blocks while we serve it, a piece to wait for while we do not. `alone`: nobody else lacks anything. */
  show(now: Micros, slot: PeerSlot, ahead: number, alone: boolean): void {
    const { key, peer, held } = slot
    const { ours } = peer
    if (slot.sated) this.#shownAt.delete(key)
    if (ours === undefined || ours.length === 0 || slot.sated) return
    const since = this.#shownAt.get(key)
    const waits = since !== undefined && now - since >= PATIENCE
    if (since === undefined || waits) this.#note(now, key)
    const had = union(this.#of(key).whole, held)
    if (peer.amChoking && hasMore(ours, had)) return
    const blocks = peer.amChoking || waits ? 1 : ahead
    for (const piece of this.#spread.next(key, had, blocks, alone || waits)) {
      this.#note(now, key)
      if (ours.add(piece)) peer.announceHave(now, piece)
    }
  }

  gone({ key }: PeerSlot): void {
    this.#shownAt.delete(key)
    const served = this.#served.get(key)
    for (const piece of served?.unsaid ?? []) this.#said(served!.unsaid, piece)
    this.#served.delete(key)
  }

  #said(unsaid: Set<number>, piece: number): void {
    unsaid.delete(piece)
    this.#unsaid[piece]! -= 1
  }

  #of(key: PeerKey): Served {
    let served = this.#served.get(key)
    if (served === undefined)
      this.#served.set(key, (served = { whole: this.nothing(), parts: new Map(), unsaid: new Set() }))
    return served
  }

  #note(now: Micros, key: PeerKey): void {
    this.#shownAt.delete(key)
    this.#shownAt.set(key, now)
  }
}

/** `b` may be empty: nothing is known yet. */
function union(a: Bitfield, b: Bitfield): Bitfield {
  const bytes = a.bytes.map((byte, i) => byte | (b.bytes[i] ?? 0))
  return Bitfield.fromWire(bytes, a.length)!
}

/** Whether `a` has what `b` has not. */
function hasMore(a: Bitfield, b: Bitfield): boolean {
  return a.bytes.some((byte, i) => (byte & ~b.bytes[i]!) !== 0)
}
