import { decodePeerExchange, encodePeerExchange, type NamedPeer } from '../../codec/peer-exchange.ts'
import { type Address, acceptsFrom } from '../../core/address.ts'
import { MINUTE, type Micros } from '../../core/time.ts'
import type { Link } from '../link.ts'
import type { ExtensionHandshake } from './extension-handshake.ts'

/** Between two messages of ours (BEP 11). */
const INTERVAL = MINUTE
/** Entries of either kind in a message (BEP 11); in the first, which is exempt, as many as are read by those we know of. */
const MOST = 50
const MOST_FIRST = 100
/** Addresses that the remote was told of and not yet told the end of. */
const MOST_TOLD = 200
/** Messages of the remote within a minute. */
const TOLERATED_MESSAGES = 5
/** A second malformed message ends the connection. */
const TOLERATED_FAULTS = 1

/** Peer exchange on one connection (BEP 11): what the remote was told, and how much is taken from it. Silent for a private torrent. */
export class PeerExchange<Peer> {
  readonly #link: Link<Peer>
  readonly #handshake: ExtensionHandshake<Peer>
  readonly #told = new Map<string, Address>()
  #nextAt: Micros = Number.NEGATIVE_INFINITY
  /** When the last messages of the remote came, oldest first. */
  readonly #heardAt: Micros[] = []
  #first = true
  #faults = 0

  constructor(link: Link<Peer>, handshake: ExtensionHandshake<Peer>) {
    this.#link = link
    this.#handshake = handshake
  }

  /** Says what has changed in `connected` since the last message, if a minute has passed; who came and went meanwhile is elided. */
  tell(now: Micros, self: Address, connected: ReadonlyMap<string, NamedPeer>): void {
    const { terms, outbox } = this.#link
    const id = this.#handshake.exchangeId
    if (id === 0 || terms.private || now < this.#nextAt) return
    const first = this.#nextAt === Number.NEGATIVE_INFINITY
    const room = Math.min(first ? MOST_FIRST : MOST, MOST_TOLD - this.#told.size)
    const added: NamedPeer[] = []
    for (const [text, named] of connected) {
      if (added.length >= room) break
      if (!this.#told.has(text) && acceptsFrom(self, named.address)) added.push(named)
    }
    const dropped: Address[] = []
    for (const [text, address] of this.#told) {
      if (dropped.length < MOST && !connected.has(text)) dropped.push(address)
    }
    if (added.length === 0 && dropped.length === 0) return
    for (const { address } of added) this.#told.set(address.text, address)
    for (const { text } of dropped) this.#told.delete(text)
    this.#nextAt = now + INTERVAL
    outbox.extended(now, id, encodePeerExchange({ added, dropped }))
  }

  receive(now: Micros, payload: Uint8Array): void {
    const { owner, peer, counters } = this.#link
    while (this.#heardAt.length > 0 && this.#heardAt[0]! + MINUTE <= now) this.#heardAt.shift()
    if (this.#heardAt.length >= TOLERATED_MESSAGES) {
      this.#link.fail(now, 'wire/flood-peers')
      return
    }
    this.#heardAt.push(now)
    const message = decodePeerExchange(payload, this.#first ? MOST_FIRST : MOST)
    this.#first = false
    if (message === undefined || message.ragged) {
      counters.peersIgnored += 1
      this.#faults += 1
      if (this.#faults > TOLERATED_FAULTS) {
        this.#link.fail(now, 'wire/bad-peers-message')
        return
      }
    }
    if (message !== undefined) owner.peersNamed(peer, now, message)
  }
}
