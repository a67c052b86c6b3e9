import type { Rng } from '../core/rng.ts'
import { below } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey } from './piece-tracker.ts'

export interface ChokePeer {
  readonly key: PeerKey
  /** It is interested in us. */
  readonly interested: boolean
  /** Payload bytes per second from it. */
  readonly down: number
  /** Payload bytes per second to it. */
  readonly up: number
  readonly connectedAt: Micros
  /** It owes us blocks and has sent none for a while. */
  readonly snubbing: boolean
  /** It said that it will not download (BEP 21). */
  readonly uploadOnly: boolean
}

/** A peer counts as new for this long: optimistic choice prefers it, so that it gets a first piece to trade with (BEP 3). */
const NEW = MINUTE
const NEW_WEIGHT = 3

/**
 * Who may download from us. While we leech: those that give most, and one by lot (optimistic unchoke, BEP 3). While we seed:
 * by turns, the longest waiting first, so that every interested peer is served. Nobody is toggled more than once between two
 * rounds, except on losing interest (no fibrillation).
 */
export class Choker {
  readonly #slots: number
  readonly #interval: Micros
  readonly #optimisticInterval: Micros
  readonly #turn: Micros
  readonly #dice: Rng
  /** Unchoked peers and since when. */
  readonly #unchoked = new Map<PeerKey, Micros>()
  /** When a choked peer that is still here was last unchoked. */
  readonly #served = new Map<PeerKey, Micros>()
  /** Unchoked by lot, and how long that holds. */
  readonly #luckyUntil = new Map<PeerKey, Micros>()
  /** Choked by the last round: stays so until the next. */
  readonly #barred = new Set<PeerKey>()
  #nextRound: Micros = 0

  constructor(options: SwarmOptions, dice: Rng) {
    this.#slots = options.uploadSlots
    this.#interval = options.chokeInterval * SECOND
    this.#optimisticInterval = options.optimisticInterval * SECOND
    this.#turn = options.seedTurn * SECOND
    this.#dice = dice
  }

  /** Whom to unchoke from now on, of all connected peers; all others are to be choked. At most the slots there are. */
  round(now: Micros, peers: readonly ChokePeer[], seeding: boolean): ReadonlySet<PeerKey> {
    this.#nextRound = now + this.#interval
    this.#forget(peers)
    const wanting = peers.filter((peer) => peer.interested && !peer.uploadOnly)
    // Unchoked between rounds: choked now, it would be toggled twice in an interval.
    const chosen = new Set<PeerKey>()
    for (const peer of wanting) {
      if (chosen.size < this.#slots && this.#age(peer.key, now) < this.#interval) chosen.add(peer.key)
    }
    if (wanting.length <= this.#slots) for (const peer of wanting) chosen.add(peer.key)
    else if (seeding) this.#takeTurns(now, wanting, chosen)
    else this.#tradeFor(now, wanting, chosen)
    this.#remember(now, chosen)
    return chosen
  }

  /** A choked peer has become interested between rounds: whether to unchoke it at once (a slot is free). */
  admit(now: Micros, peer: ChokePeer): boolean {
    if (!peer.interested || peer.uploadOnly || this.#barred.has(peer.key)) return false
    if (this.#unchoked.size >= this.#slots || this.#unchoked.has(peer.key)) return false
    this.#unchoked.set(peer.key, now)
    return true
  }

  /** A peer has lost interest (the join chokes it) or has left: its slot is free. */
  free(now: Micros, peer: PeerKey): void {
    if (this.#unchoked.delete(peer)) this.#served.set(peer, now)
    this.#luckyUntil.delete(peer)
  }

  /** When the next round is due; the first is due at once. */
  nextDeadline(): Micros {
    return this.#nextRound
  }

  /** Seed mode: whose turn is not over stays, then who has waited longest, then who takes fastest. */
  #takeTurns(now: Micros, wanting: readonly ChokePeer[], chosen: Set<PeerKey>): void {
    const rank = (peer: ChokePeer) => {
      const age = this.#age(peer.key, now)
      return age < this.#turn ? 0 : age === NEVER ? 1 : 2
    }
    const served = (peer: ChokePeer) => this.#served.get(peer.key) ?? -1
    const order = [...wanting].sort(
      (a, b) => rank(a) - rank(b) || served(a) - served(b) || b.up - a.up || a.key - b.key,
    )
    this.#fill(order, chosen, this.#slots)
  }

  /** Tit for tat on what they give; one slot, and those that nobody has earned, by lot. */
  #tradeFor(now: Micros, wanting: readonly ChokePeer[], chosen: Set<PeerKey>): void {
    const givers = wanting.filter((peer) => !peer.snubbing && peer.down > 0)
    givers.sort((a, b) => b.down - a.down || a.key - b.key)
    this.#fill(givers, chosen, this.#slots - 1)
    const lucky = wanting.filter((peer) => (this.#luckyUntil.get(peer.key) ?? 0) > now)
    this.#fill(lucky, chosen, this.#slots)
    while (chosen.size < this.#slots) {
      const drawn = this.#draw(now, wanting, chosen)
      chosen.add(drawn)
      this.#luckyUntil.set(drawn, now + this.#optimisticInterval)
    }
  }

  #fill(order: readonly ChokePeer[], chosen: Set<PeerKey>, slots: number): void {
    for (const peer of order) {
      if (chosen.size >= slots) return
      chosen.add(peer.key)
    }
  }

  /** One that is not chosen yet; there must be one. */
  #draw(now: Micros, wanting: readonly ChokePeer[], chosen: ReadonlySet<PeerKey>): PeerKey {
    const rest = wanting.filter((peer) => !chosen.has(peer.key))
    let weights = 0
    for (const peer of rest) weights += this.#weight(peer, now)
    let left = below(this.#dice, weights)
    const drawn = rest.find((peer) => (left -= this.#weight(peer, now)) < 0)
    return drawn!.key
  }

  #weight(peer: ChokePeer, now: Micros): number {
    return now - peer.connectedAt < NEW ? NEW_WEIGHT : 1
  }

  /** For how long it has been unchoked, `NEVER` when it is not. */
  #age(peer: PeerKey, now: Micros): Micros {
    const since = this.#unchoked.get(peer)
    return since === undefined ? NEVER : now - since
  }

  #remember(now: Micros, chosen: ReadonlySet<PeerKey>): void {
    this.#barred.clear()
    for (const key of [...this.#unchoked.keys()]) {
      if (chosen.has(key)) continue
      this.free(now, key)
      this.#barred.add(key)
    }
    for (const key of chosen) if (!this.#unchoked.has(key)) this.#unchoked.set(key, now)
  }

  #forget(peers: readonly ChokePeer[]): void {
    const here = new Set(peers.map((peer) => peer.key))
    for (const key of [...this.#served.keys()]) if (!here.has(key)) this.#served.delete(key)
    for (const key of [...this.#unchoked.keys()]) if (!here.has(key)) this.#unchoked.delete(key)
    for (const key of [...this.#luckyUntil.keys()]) if (!here.has(key)) this.#luckyUntil.delete(key)
  }
}
