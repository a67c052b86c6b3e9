import { PEX_FLAG, type PeerExchangeMessage } from '../codec/peer-exchange.ts'
import type { Address } from '../core/address.ts'
import type { Bitfield } from '../core/bitfield.ts'
import { compareBytes, toHex } from '../core/bytes.ts'
import type { Geometry } from '../core/geometry.ts'
import type { Id } from '../core/id.ts'
import type { Rng } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import type { CloseReason, Severity } from '../peer/close-reasons.ts'
import type { PeerWire } from '../peer/peer-wire.ts'
import { Admission } from './admission.ts'
import type { ChokePolicy, ChokeState } from './choke-policy.ts'
import { chokeView } from './choke-view.ts'
import { Choker } from './choker.ts'
import { Encounters } from './encounters.ts'
import { endingOf } from './ending-of.ts'
import { HolePunch } from './hole-punch.ts'
import { homeOf } from './home-of.ts'
import { News } from './news.ts'
import type { SwarmOptions } from './options.ts'
import { PeerExchange } from './peer-exchange.ts'
import type { Dial, PeerSource } from './peer-pool.ts'
import { PeerPool } from './peer-pool.ts'
import { PeerSlot } from './peer-slot.ts'
import type { PeerKey } from './piece-tracker.ts'
import { rankingFrom } from './ranking.ts'
import type { SwarmPolicies } from './swarm-policies.ts'
import type { TorrentEffects } from './torrent-effects.ts'

/** Peers remembered after they left. */
const MOST_DEPARTED = 1024
/** How long a newcomer counts as one. */
const GRANT_SPAN = MINUTE

/** The peers of one torrent: who is let in, who is dialled, who is unchoked, who is refused. */
export class Crowd {
  readonly slots: Map<PeerKey, PeerSlot> = new Map()
  readonly pool: PeerPool
  readonly encounters: Encounters = new Encounters()
  readonly news: News = new News(() => this.#choker.hasFreeSlot)
  /** Absent: there is no uTP. */
  readonly punching: HolePunch | undefined
  /** Peers of ours were named by others. */
  exchanged = false
  readonly #exchange: PeerExchange = new PeerExchange(this.slots)
  readonly #byId = new Map<string, PeerSlot>()
  readonly #departed = new Map<PeerKey, Pick<PeerWire, 'address' | 'remote'>>()
  readonly #admission: Admission
  readonly #choker: ChokePolicy
  readonly #options: SwarmOptions
  readonly #peerId: Id
  readonly #effects: TorrentEffects
  /** Nobody is interested: there is nothing to choose, and no round until somebody is. */
  #unasked = true
  #nextKey = 1
  /** There was no socket for a dial: none is tried before. */
  #dialAgainAt: Micros = 0
  /** The time of the last input. */
  #now: Micros
  #closing = false

  constructor(
    now: Micros,
    peerId: Id,
    options: SwarmOptions,
    dice: Rng,
    effects: TorrentEffects,
    policies: SwarmPolicies = {},
  ) {
    const ranking = rankingFrom(() => effects.own())
    this.pool = new PeerPool(now, options, dice, ranking)
    this.#admission = new Admission(this.slots, this.pool, ranking)
    this.#choker = policies.choker?.(options, dice) ?? new Choker(options, dice)
    this.#options = options
    this.#peerId = peerId
    this.#effects = effects
    this.#now = now
    if (effects.punch !== undefined && policies.punchesHoles !== false)
      this.punching = new HolePunch({
        ...{ slots: this.slots, pool: this.pool, encounters: this.encounters, effects, punch: effects.punch },
        namersOf: (address) => this.#exchange.namersOf(address),
        named: (at, address) => void this.#named(at, address),
      })
  }

  /** Whether one more newcomer may be granted pieces while we are the only source; one that makes nothing of it does not count for long. */
  get grants(): boolean {
    const begun = this.#now - GRANT_SPAN
    let granted = 0
    for (const { peer, since, sated } of this.slots.values())
      if (since > begun && peer.granting && !sated) granted += 1
    return granted < this.#options.grantedPeers
  }

  slotOf(peer: PeerWire): PeerSlot | undefined {
    return peer.mark as PeerSlot | undefined
  }

  /** Payload or metadata came from the peer, or went to it. */
  moved(now: Micros, peer: PeerWire): void {
    const slot = this.slotOf(peer)
    if (slot !== undefined) slot.movedAt = now
  }

  dialable(): Address[] {
    return [...this.slots.values()].flatMap(({ peer }) => homeOf(peer) ?? [])
  }

  addCandidates(now: Micros, addresses: readonly Address[], source: PeerSource): void {
    if (this.#closing) return
    for (const address of addresses) {
      if (this.pool.add(now, address, source)) this.#effects.event({ kind: 'peer', address, source })
    }
    this.#effects.touch()
  }

  /** A peer tells who else is there (BEP 11). */
  peersNamed(now: Micros, peer: PeerWire, named: PeerExchangeMessage, seeding: boolean): void {
    const slot = this.slotOf(peer)
    if (slot === undefined) return
    for (const { address, flags } of this.#exchange.accepted(now, slot, named, seeding)) {
      if (!this.#named(now, address, flags)) continue
      if ((flags & PEX_FLAG.seed) !== 0) this.pool.seed(address)
      if ((flags & PEX_FLAG.utp) !== 0) this.#effects.speaksUtp?.(address)
    }
    this.#effects.touch()
  }

  /** True when it is new. */
  #named(now: Micros, address: Address, flags = 0): boolean {
    if (this.#closing || !this.pool.add(now, address, 'pex')) return false
    this.exchanged = true
    const encrypts = (flags & PEX_FLAG.encrypts) !== 0
    this.#effects.event({ kind: 'peer', address, source: 'pex', encrypts })
    return true
  }

  /**
   * Whether an incoming peer from here gets an answer to its handshake. Where there is no place for it, it costs both sides least to
   * end before that: in a crowd most dials come to somebody who is full.
   */
  admits(now: Micros, address: Address): boolean {
    return !this.#closing && this.pool.welcomes(address, undefined) && this.#admission.hasRoom(now, address)
  }

  /** A peer has done its handshake. `undefined`: it was sent away. `none`: the empty set of this torrent's pieces. */
  enter(now: Micros, peer: PeerWire, none: Bitfield): PeerSlot | undefined {
    const { address, outgoing, remote } = peer
    const id = toHex(remote.peerId)
    const twin = this.#byId.get(id)
    const welcome = outgoing
      ? !this.pool.refuses(address, remote.peerId)
      : this.pool.welcomes(address, remote.peerId)
    // Of two connections one goes, so a twin needs no place of its own.
    if (this.#closing || !welcome || (twin === undefined && !this.#admission.makeRoom(now, peer))) {
      peer.close(now, 'swarm/refused')
      return undefined
    }
    const slot = new PeerSlot(this.#nextKey++, peer, now, none)
    this.slots.set(slot.key, slot)
    this.news.enter(slot)
    this.#exchange.changed(now)
    peer.mark = slot
    this.pool.connected(now, address, outgoing)
    this.encounters.met(outgoing)
    this.punching?.entered(address)
    if (!outgoing) this.#effects.event({ kind: 'peer', address, source: 'incoming' })
    this.#effects.event({ kind: 'connected', address })
    if (twin !== undefined) {
      // Both ends decide alike: the side with the greater peer id keeps the connection that it opened (HS11).
      const keepOutgoing = compareBytes(this.#peerId, remote.peerId) > 0
      const loser = twin.peer.outgoing !== outgoing && outgoing === keepOutgoing ? twin.peer : peer
      loser.close(now, 'swarm/duplicate')
    }
    // One that has lost leaves no trace: its slot is gone again.
    if (this.slots.has(slot.key)) this.#byId.set(id, slot)
    return this.slots.get(slot.key)
  }

  /** A peer is gone. Returns the slot that it had. */
  leave(now: Micros, peer: PeerWire, reason: CloseReason, severity: Severity): PeerSlot | undefined {
    const slot = this.slotOf(peer)
    if (slot === undefined) {
      if (peer.outgoing) this.missed(now, peer.address, reason, reason.startsWith('stream/'))
    } else {
      this.slots.delete(slot.key)
      this.news.gone(slot)
      this.#exchange.gone(slot.key)
      this.#exchange.changed(now)
      peer.mark = undefined
      const id = toHex(peer.remote.peerId)
      if (this.#byId.get(id) === slot) this.#byId.delete(id)
      this.#remember(slot)
      this.#choker.free(now, slot.key)
      if (slot.sated || slot.held.count > 0) this.pool.seed(peer.address, slot.sated)
      const ending = endingOf(reason, severity, slot.useful(now))
      this.encounters.ended(reason, ending === 'declined' ? 'declined' : 'used')
      this.pool.closed(now, peer.address, ending)
    }
    if (reason === 'wire/self') this.pool.self(peer.address)
    this.#effects.touch()
    return slot
  }

  /** A dial came to no handshake; `taken`: the remote took the connection and ended it. */
  missed(now: Micros, address: Address, reason: CloseReason, taken = false): void {
    this.encounters.ended(reason, taken ? 'declined' : 'unanswered')
    this.pool.failed(now, address, reason === 'stream/ended')
    this.punching?.missed(now, address, taken)
  }

  /** Refuses a peer from now on, here or gone, and closes whoever the ban covers. */
  ban(now: Micros, key: PeerKey, reason: string): void {
    const peer = this.slots.get(key)?.peer ?? this.#departed.get(key)
    if (peer === undefined) return
    this.pool.ban(peer.address, peer.remote.peerId)
    this.encounters.lied(peer.address)
    this.#effects.event({ kind: 'liar', address: peer.address, reason, banned: true })
    for (const other of [...this.slots.values()]) {
      if (this.pool.refuses(other.peer.address, other.peer.remote.peerId))
        other.peer.close(now, 'swarm/banned', 'ban')
    }
    // Pieces of it that are still being hashed do not make it guilty again.
    this.#departed.delete(key)
  }

  /** Names a peer that has lied once, here or gone, and parts with it. */
  reproach(now: Micros, key: PeerKey, reason: string, close: CloseReason): void {
    const here = this.slots.get(key)?.peer
    const peer = here ?? this.#departed.get(key)
    if (peer === undefined) return
    this.encounters.lied(peer.address)
    this.#effects.event({ kind: 'liar', address: peer.address, reason, banned: false })
    here?.close(now, close, 'strike')
  }

  /** Pieces can be counted from here on; `ours`: what each is told. */
  geometryKnown(now: Micros, geometry: Geometry, ours: () => Bitfield, none: Bitfield): void {
    for (const slot of [...this.slots.values()]) {
      slot.none = none
      slot.peer.geometryKnown(now, geometry, ours())
    }
  }

  /** Two seeds have nothing to say to each other, so while `seeding` a seed is sent away (BF11). */
  dismiss(now: Micros, slot: PeerSlot, seeding: boolean): boolean {
    if (!seeding || slot.held.length === 0 || !slot.held.full) return false
    slot.peer.close(now, 'swarm/both-seeds')
    return true
  }

  /** A peer has said something of itself: where it listens, whether it wants nothing more, which ends its turn at once (BEP 21). */
  introduced(now: Micros, slot: PeerSlot): void {
    const { peer } = slot
    const { port, uploadOnly } = peer.remote
    this.#exchange.changed(now)
    if (!peer.outgoing && port !== undefined) this.pool.listens(now, peer.address, homeOf(peer)!.port)
    this.interest(now, slot, peer.interested && !uploadOnly)
  }

  /** Tells everybody what is so of us from now on. */
  introduceAgain(now: Micros, metadataSize: number | undefined): void {
    for (const { peer } of this.slots.values()) peer.introduceAgain(now, metadataSize)
  }

  /** Who has left may still be found guilty (CL10). */
  #remember({ key, peer: { address, remote } }: PeerSlot): void {
    this.#departed.set(key, { address, remote })
    if (this.#departed.size > MOST_DEPARTED) this.#departed.delete(this.#departed.keys().next().value!)
  }

  interest(now: Micros, slot: PeerSlot, interested: boolean): void {
    if (interested) {
      this.#unasked = false
      if (slot.peer.amChoking && this.#choker.admit(now, chokeView(slot, now))) this.#serve(now, slot, true)
    } else {
      this.#choker.free(now, slot.key)
      this.#serve(now, slot, false)
    }
    this.#effects.touch()
  }

  closeAll(now: Micros, reason: CloseReason): void {
    this.#closing = true
    for (const slot of [...this.slots.values()]) slot.peer.close(now, reason)
  }

  /** Dials what is due; for the torrent's tick and settle. */
  dial(now: Micros): void {
    this.#now = now
    if (this.#closing) return
    // Dials may take the last places, and who is displaced makes room for another.
    do {
      for (let dial = this.#nextDial(now); dial !== undefined; dial = this.#nextDial(now)) {
        const timeout = this.punching?.patience(dial.address, dial.timeout) ?? dial.timeout
        if (this.#effects.dial(dial.address, timeout)) continue
        this.pool.postponed(now, dial.address)
        // Others would fare no better, and trying them one after another would leave no rest.
        this.#dialAgainAt = now + this.#options.shortBackOff * SECOND
      }
    } while (this.#admission.look(now))
  }

  #nextDial(now: Micros): Dial | undefined {
    return now < this.#dialAgainAt ? undefined : this.pool.next(now)
  }

  tick(now: Micros, state: ChokeState): void {
    this.#exchange.tick(now)
    this.news.tick(now)
    if (this.#unasked || this.slots.size === 0 || now < this.#choker.nextDeadline()) return
    const peers = [...this.slots.values()].map((slot) => chokeView(slot, now))
    const chosen = this.#choker.round(now, peers, state)
    this.#unasked = !peers.some(({ interested }) => interested)
    for (const slot of this.slots.values()) this.#serve(now, slot, chosen.has(slot.key))
  }

  #serve(now: Micros, slot: PeerSlot, served: boolean): void {
    if (served !== slot.peer.amChoking) return
    this.news.serves(now, slot, served)
    slot.serve(now, served)
    if (served) slot.peer.unchoke(now)
    else slot.peer.choke(now)
  }

  nextDeadline(now: Micros): Micros {
    if (this.#closing) return NEVER
    return Math.min(
      this.#exchange.deadline,
      this.news.deadline,
      this.slots.size > 0 && !this.#unasked ? this.#choker.nextDeadline() : NEVER,
      this.#admission.deadline,
      Math.max(this.pool.nextDeadline(now), this.#dialAgainAt),
    )
  }
}
