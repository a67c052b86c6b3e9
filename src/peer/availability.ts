import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { Link } from './link.ts'
import { RemotePieces } from './remote-pieces.ts'

/** What the remote has and grants (BEP 3 bitfield and have, BEP 6 have-all, have-none, allowed-fast, BEP 54), told to the owner. */
export class Availability<Peer> {
  readonly #link: Link<Peer>
  readonly #pieces: RemotePieces
  readonly #granted = new Set<number>()

  constructor(link: Link<Peer>) {
    this.#link = link
    this.#pieces = new RemotePieces(link.options.maxPieces, link.geometry?.pieceCount)
  }

  /** `undefined` while there is no metadata. */
  get pieces(): Bitfield | undefined {
    return this.#pieces.known
  }

  /** Pieces that we may request while choked, whether the remote has them or not (BEP 6). */
  get grants(): ReadonlySet<number> {
    return this.#granted
  }

  fits(bitfieldLength: number): boolean {
    return this.#pieces.fits(bitfieldLength)
  }

  has(piece: number): boolean {
    return this.#pieces.known?.has(piece) ?? false
  }

  /** The remote does not keep its grant of `piece` (any more). */
  revoke(piece: number): void {
    this.#granted.delete(piece)
  }

  bitfield(now: Micros, payload: Uint8Array): void {
    const before = this.#pieces.known
    this.#pieces.replace(payload)
    this.#replaced(now, before)
  }

  all(now: Micros, all: boolean): void {
    const before = this.#pieces.known
    this.#pieces.replaceByAll(all)
    this.#replaced(now, before)
  }

  have(now: Micros, piece: number): void {
    const { owner, peer, counters, flood } = this.#link
    const change = this.#pieces.add(piece)
    if (change === 'outside') this.#link.fail(now, 'wire/bad-have')
    else if (change === 'old') counters.idleClaims += 1
    else {
      flood.news()
      if (change === 'new') owner.have(peer, now, piece)
    }
  }

  /** The remote has `piece` no longer (BEP 54); false when that changes nothing of what was told. */
  lose(now: Micros, piece: number): boolean {
    const { owner, peer, counters, flood } = this.#link
    const change = this.#pieces.remove(piece)
    if (change === 'outside') this.#link.fail(now, 'wire/bad-dont-have')
    else if (change === 'old') counters.idleClaims += 1
    if (change !== 'new') return false
    flood.news()
    owner.lost(peer, now, piece)
    return true
  }

  allowedFast(now: Micros, piece: number): void {
    const { owner, peer, counters, options, geometry } = this.#link
    const count = geometry?.pieceCount ?? options.maxPieces
    if (piece >= count || this.#granted.size >= options.maxAllowedFast) {
      counters.idleClaims += 1
      return
    }
    this.#granted.add(piece)
    if (geometry) owner.allowedFast(peer, now, piece)
  }

  /** Checks earlier claims against the piece count and reports what holds. */
  geometryKnown(now: Micros, geometry: Geometry): void {
    const { owner, peer } = this.#link
    const honest = this.#pieces.countKnown(geometry.pieceCount)
    if (!honest) {
      this.#link.fail(now, 'wire/bad-length-bitfield')
      return
    }
    for (const piece of this.#granted) {
      if (piece >= geometry.pieceCount) this.#granted.delete(piece)
    }
    this.#replaced(now, undefined)
    for (const piece of this.#granted) owner.allowedFast(peer, now, piece)
  }

  #replaced(now: Micros, before: Bitfield | undefined): void {
    const { owner, peer, flood } = this.#link
    flood.news()
    if (this.#pieces.known) owner.piecesReplaced(peer, now, before)
  }
}
