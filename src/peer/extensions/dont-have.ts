import { Bitfield } from '../../core/bitfield.ts'
import { readUint32, writeUint32 } from '../../core/bytes.ts'
import type { Micros } from '../../core/time.ts'
import type { Announcements } from '../announcements.ts'
import type { Availability } from '../availability.ts'
import type { Downloads } from '../downloads.ts'
import type { Link } from '../link.ts'
import type { Uploads } from '../uploads.ts'
import type { ExtensionHandshake } from './extension-handshake.ts'

/** The payload is the index of a piece (BEP 54). */
export const DONT_HAVE_LENGTH = 4

interface Parts<Peer> {
  readonly availability: Availability<Peer>
  readonly downloads: Downloads<Peer>
  readonly uploads: Uploads<Peer>
  readonly announcements: Announcements<Peer>
  readonly handshake: ExtensionHandshake<Peer>
}

/** Pieces that are taken back, on either side (BEP 54, lt_donthave). */
export class DontHave<Peer> {
  readonly #link: Link<Peer>
  readonly #parts: Parts<Peer>
  /** Pieces that the remote has taken back before; made when first needed. */
  #before: Bitfield | undefined

  constructor(link: Link<Peer>, parts: Parts<Peer>) {
    this.#link = link
    this.#parts = parts
  }

  /** We have `piece` no longer. */
  send(now: Micros, piece: number): void {
    const { announcements, handshake, uploads } = this.#parts
    announcements.withdraw(piece)
    uploads.withdraw(now, piece)
    if (handshake.dontHaveId === 0) return
    const payload = new Uint8Array(DONT_HAVE_LENGTH)
    writeUint32(payload, 0, piece)
    this.#link.outbox.extended(now, handshake.dontHaveId, payload)
  }

  /** `payload`: 4 bytes. */
  receive(now: Micros, payload: Uint8Array): void {
    const { flood, remote, ours, geometry } = this.#link
    const piece = readUint32(payload, 0)
    if (!this.#parts.availability.lose(now, piece)) return
    this.#before ??= new Bitfield(geometry!.pieceCount)
    // Whoever keeps few pieces gives back many, each once in a while; the same again and again is a flood.
    if (!this.#before.add(piece) && !flood.useless(now)) {
      this.#link.fail(now, 'wire/flood-state')
      return
    }
    // With BEP 6 each request is answered, by its block or a reject.
    if (!remote.fast) this.#parts.downloads.releasePiece(now, piece)
    // While it had the piece it was not told that we have it.
    if (ours?.has(piece)) this.#parts.announcements.have(now, piece, false)
  }
}
