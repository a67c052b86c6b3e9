import { Bitfield } from '../../core/bitfield.ts'
import { readUint32 } from '../../core/bytes.ts'
import type { Micros } from '../../core/time.ts'
import type { Announcements } from '../announcements.ts'
import type { Availability } from '../availability.ts'
import type { Downloads } from '../downloads.ts'
import type { Link } from '../link.ts'

/** The payload is the index of a piece (BEP 54). */
export const DONT_HAVE_LENGTH = 4

/** Pieces that the remote takes back (BEP 54, lt_donthave). We never take one back, so none is sent. */
export class DontHave<Peer> {
  readonly #link: Link<Peer>
  readonly #availability: Availability<Peer>
  readonly #downloads: Downloads<Peer>
  readonly #announcements: Announcements<Peer>
  /** Pieces that it has taken back before; made when first needed. */
  #before: Bitfield | undefined

  constructor(
    link: Link<Peer>,
    availability: Availability<Peer>,
    downloads: Downloads<Peer>,
    announcements: Announcements<Peer>,
  ) {
    this.#link = link
    this.#availability = availability
    this.#downloads = downloads
    this.#announcements = announcements
  }

  /** `payload`: 4 bytes. */
  receive(now: Micros, payload: Uint8Array): void {
    const { flood, remote, ours, geometry } = this.#link
    const piece = readUint32(payload, 0)
    if (!this.#availability.lose(now, piece)) return
    this.#before ??= new Bitfield(geometry!.pieceCount)
    // Whoever keeps few pieces gives back many, each once in a while; the same again and again is a flood.
    if (!this.#before.add(piece) && !flood.useless(now)) {
      this.#link.fail(now, 'wire/flood-state')
      return
    }
    // With BEP 6 each request is answered, by its block or a reject.
    if (!remote.fast) this.#downloads.releasePiece(now, piece)
    // While it had the piece it was not told that we have it.
    if (ours?.has(piece)) this.#announcements.have(now, piece, false)
  }
}
