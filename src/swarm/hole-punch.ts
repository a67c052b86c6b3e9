import { HOLE_PUNCH_ERROR, type HolePunchMessage } from '../codec/hole-punch.ts'
import { type NamedPeer, PEX_FLAG } from '../codec/peer-exchange.ts'
import { type Address, acceptsFrom } from '../core/address.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { Punching } from '../peer/peer-owner.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import type { Encounters } from './encounters.ts'
import { homeOf } from './home-of.ts'
import type { PeerPool } from './peer-pool.ts'
import type { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'
import type { TorrentEffects } from './torrent-effects.ts'

/** How long both sides try at once: the other hears of it as late as we, or a little later. */
const PUNCH_TIME: Micros = 8 * SECOND
/** A dial that will fail, as far as is known, and has something behind it. */
const VAIN_DIAL_TIME: Micros = 4 * SECOND
/** Relays asked for one peer, and peers asked for at once. */
const MOST_RELAYS = 3
const MOST_ASKED = 64

export interface HolePunchInit {
  readonly slots: ReadonlyMap<PeerKey, PeerSlot>
  readonly pool: PeerPool
  readonly encounters: Encounters
  readonly effects: Pick<TorrentEffects, 'own'>
  /** Dials by uTP, with many packets; false: no place left. */
  readonly punch: NonNullable<TorrentEffects['punch']>
  /** What each connected peer has said of the one at `address` (BEP 11). */
  namersOf(address: Address): ReadonlyMap<PeerKey, NamedPeer>
  /** A peer is named to us. */
  named(now: Micros, address: Address): void
}

/**
 * Hole punching of a torrent (BEP 55), in all three parts: asks who named a peer that we cannot reach to bring us together, dials whom we are
 * told to dial, and brings others together who are both connected with us.
 */
export class HolePunch implements Punching<PeerWire> {
  readonly #init: HolePunchInit
  /** Peers that were asked for, by their address, the oldest first; and whom. */
  readonly #asked = new Map<string, Set<PeerKey>>()
  /** Whom we are dialling so. */
  readonly #punching = new Set<string>()

  constructor(init: HolePunchInit) {
    this.#init = init
  }

  /** How long a plain dial may take: one that others only know as their guest is most likely in vain, and may be punched for then. */
  patience(address: Address, timeout: Micros): Micros {
    let isPunchable = false
    for (const { flags } of this.#init.namersOf(address).values()) {
      if ((flags & PEX_FLAG.reachable) !== 0) return timeout
      if ((flags & PEX_FLAG.holePunch) !== 0) isPunchable = true
    }
    return isPunchable ? Math.min(timeout, VAIN_DIAL_TIME) : timeout
  }

  /** Peers that were asked for, and that are dialled so. */
  get pending(): number {
    return this.#asked.size + this.#punching.size
  }

  /** A dial came to no handshake; `taken`: but the remote took it. */
  missed(now: Micros, address: Address, taken: boolean): void {
    if (!this.#punching.delete(address.text) && !taken) this.#ask(now, address, new Set())
  }

  /** One has shaken hands, whichever of the two dials came through: that of the remote may do so before we are told to dial. */
  entered(address: Address): void {
    const asked = this.#asked.delete(address.text)
    if (this.#punching.delete(address.text) || asked) this.#init.encounters.punched += 1
  }

  heard(peer: PeerWire, now: Micros, { kind, address }: HolePunchMessage): void {
    if (kind === 'rendezvous') this.#relay(peer, now, address)
    else if (kind === 'connect') this.#punch(peer, now, address)
    else {
      const tried = this.#asked.get(address.text)
      this.#asked.delete(address.text)
      if (tried !== undefined) this.#ask(now, address, tried)
    }
  }

  #ask(now: Micros, address: Address, tried: Set<PeerKey>): void {
    if (this.#isOwn(address) || this.#at(address) !== undefined) return
    for (const [key, { flags }] of this.#init.namersOf(address)) {
      if (tried.size >= MOST_RELAYS) return
      if ((flags & PEX_FLAG.holePunch) === 0 || tried.has(key)) continue
      tried.add(key)
      if (this.#init.slots.get(key)?.peer.ofOthers?.holePunch.ask(now, address) !== true) continue
      if (this.#asked.size === MOST_ASKED) this.#asked.delete(this.#asked.keys().next().value!)
      this.#asked.set(address.text, tried)
      return
    }
  }

  /** Whoever sends us somewhere else than to a peer costs that place some small datagrams, as one named by peer exchange would. */
  #punch(relay: PeerWire, now: Micros, address: Address): void {
    const { pool, punch, named } = this.#init
    this.#asked.delete(address.text)
    if (!acceptsFrom(relay.address, address) || this.#at(address) !== undefined || this.#isOwn(address))
      return
    named(now, address)
    if (!pool.summon(now, address)) return
    if (punch(address, PUNCH_TIME)) this.#punching.add(address.text)
    else pool.postponed(now, address)
  }

  /** `caller` asks for the peer at `target`. Nobody is told of an address but of that of a connected peer. */
  #relay(caller: PeerWire, now: Micros, target: Address): void {
    const other = this.#at(target)
    const home = homeOf(caller) ?? caller.address
    const { noSuchPeer, noSelf, notConnected, noSupport } = HOLE_PUNCH_ERROR
    let error = 0
    if (!target.usable || other === caller) error = noSuchPeer
    else if (this.#isOwn(target)) error = noSelf
    else if (other === undefined || !acceptsFrom(caller.address, target)) error = notConnected
    else if (!acceptsFrom(other.address, home)) error = notConnected
    else if (!other.remote.punchesHoles) error = noSupport
    else if (other.ofOthers?.holePunch.call(now, home) !== true) return
    caller.ofOthers?.holePunch.answer(now, target, error)
  }

  #isOwn({ text }: Address): boolean {
    return this.#init.effects.own().some((own) => own.text === text)
  }

  /** Who is connected from there, or can be reached there. */
  #at({ text }: Address): PeerWire | undefined {
    for (const { peer } of this.#init.slots.values())
      if (peer.address.text === text || homeOf(peer)?.text === text) return peer
    return undefined
  }
}
