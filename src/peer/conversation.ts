import { MESSAGE } from '../codec/wire.ts'
import type { Address } from '../core/address.ts'
import { type Micros, NEVER } from '../core/time.ts'
import { Announcements } from './announcements.ts'
import { Availability } from './availability.ts'
import { Downloads } from './downloads.ts'
import { DontHave } from './extensions/dont-have.ts'
import { ExtensionHandshake } from './extensions/extension-handshake.ts'
import { HashExchange } from './extensions/hash-exchange.ts'
import { MetadataExchange } from './extensions/metadata-exchange.ts'
import { PeerExchange } from './extensions/peer-exchange.ts'
import { Framer } from './framer.ts'
import type { Link } from './link.ts'
import { MessageReader } from './message-reader.ts'
import { Suggestions } from './suggestions.ts'
import { Uploads } from './uploads.ts'

/** What exists once both handshakes are done: the parts of an established connection, and their rounds. */
export class Conversation<Peer> {
  readonly link: Link<Peer>
  readonly #framer: Framer
  readonly availability: Availability<Peer>
  readonly downloads: Downloads<Peer>
  readonly uploads: Uploads<Peer>
  readonly announcements: Announcements<Peer>
  readonly handshake: ExtensionHandshake<Peer>
  readonly metadata: MetadataExchange<Peer>
  readonly exchange: PeerExchange<Peer>
  readonly hashes: HashExchange<Peer>
  readonly dontHave: DontHave<Peer>
  readonly suggestions: Suggestions<Peer>
  /** When the upload limit lets more out. */
  #limitedUntil: Micros = NEVER

  constructor(now: Micros, link: Link<Peer>, address: Address) {
    this.link = link
    this.availability = new Availability(link)
    this.downloads = new Downloads(now, link, this.availability)
    this.uploads = new Uploads(link, this.availability)
    this.announcements = new Announcements(link, this.availability, this.downloads, this.uploads)
    this.handshake = new ExtensionHandshake(link, address)
    this.metadata = new MetadataExchange(link, this.handshake)
    this.exchange = new PeerExchange(link, this.handshake)
    this.hashes = new HashExchange(link)
    this.dontHave = new DontHave(link, this)
    this.suggestions = new Suggestions(link)
    this.#framer = new Framer(new MessageReader(link, this), link.options.maxFrame)
  }

  /** Our first messages: what we have (BEP 3, BEP 6: directly after the handshake), what we can, what we grant. */
  open(now: Micros, address: Address, sha1: (bytes: Uint8Array) => Uint8Array): void {
    const { ours, outbox, remote, terms } = this.link
    const count = ours?.count ?? 0
    if (remote.fast && count === 0) outbox.simple(now, MESSAGE.haveNone)
    else if (remote.fast && ours?.full) outbox.simple(now, MESSAGE.haveAll)
    else if (ours && count > 0) outbox.bitfield(now, ours.bytes)
    if (remote.extended) this.handshake.send(now, terms.metadataSize)
    if (remote.fast) this.uploads.grants.announce(now, address, sha1)
  }

  /** The next bytes of the stream, from `at` on; false when they say nothing yet. What was asked for has been paid for. */
  receive(now: Micros, chunk: Uint8Array, at: number): boolean {
    const said = this.#framer.push(now, chunk, at)
    this.link.limits.down.take(now, chunk.length)
    return said
  }

  get deadline(): Micros {
    return Math.min(this.downloads.deadline, this.#limitedUntil, this.announcements.deadline)
  }

  tick(now: Micros): void {
    if (this.#limitedUntil <= now) this.#limitedUntil = NEVER
    this.downloads.tick(now)
    this.announcements.tick(now)
  }

  settle(now: Micros): void {
    const { owner, peer } = this.link
    this.announcements.settleInterest(now)
    const saidAt = Math.min(this.metadata.settle(now), this.hashes.settle(now))
    this.#limitedUntil = Math.min(saidAt, this.uploads.settle(now))
    if (this.announcements.interested && this.downloads.takeRefill()) owner.refill(peer, now)
    this.announcements.settleHaves(now)
  }

  /** All requests come back, nothing is served any more. */
  end(now: Micros): void {
    this.#framer.stop()
    this.uploads.end(now)
    this.downloads.releaseAll(now, 'closed')
  }
}
