import type { Rng } from '../core/rng.ts'
import { below } from '../core/rng.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import type { ChokePeer, ChokePolicy, ChokeState, SeedChoking } from './choke-policy.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey } from './piece-tracker.ts'
import { uploadSlots } from './upload-slots.ts'

/** A peer counts as new for this long: optimistic choice prefers it, so that it gets a first piece to trade with (BEP 3). */
const NEW = MINUTE
const NEW_WEIGHT = 3
/** How long a turn may last for want of a whole piece. */
const LONGEST_TURN = 2 * MINUTE
/** How long hosts that have left are remembered, and go behind others that had a turn and took nothing. */
const MEMORY = 5 * MINUTE
const MOST_HOSTS = 1024
/** Looks in a row in which a host took something until it is known as a taker: what who never reads takes ends with what the kernels hold. */
const PROOF = 2
/** A slot that comes free between rounds is given away so long after the last was, at the soonest. */
const PAUSE = SECOND
/** Slots that are left to the others while takers go first. */
const TRIALS = 2

interface Turn {
  readonly host: string
  readonly since: Micros
  /** What it had taken when its turn began. */
  readonly before: number
  /** What it had taken when that was last looked at. */
  taken: number
}

interface Past {
  /** When one of the host was last choked again. */
  servedAt: Micros
  /** It took nothing in its last turn: until when others go first. */
  vainUntil: Micros
  /** Looks in a row in which it took something. */
  takings: number
}

/**
 * Who may download from us. While we leech: those that give most, and one by lot (optimistic unchoke, BEP 3). While we seed:
 * by turns, the longest waiting first, so that every interested peer is served; a host that has left and comes back stands where
 * it stood. Who takes nothing loses its slot at the next round and goes behind the others for some minutes. A slot that comes free
 * between rounds goes to who waits. Nobody is toggled more than once between two rounds, except on losing interest (no fibrillation).
 */
export class Choker implements ChokePolicy {
  readonly #options: SwarmOptions
  readonly #seedChoking: SeedChoking
  #slots: number
  readonly #interval: Micros
  readonly #optimisticInterval: Micros
  readonly #turn: Micros
  readonly #dice: Rng
  readonly #unchoked = new Map<PeerKey, Turn>()
  /** Hosts that had a slot, the longest unserved first. */
  readonly #pasts = new Map<string, Past>()
  /** Unchoked by lot, and how long that holds. */
  readonly #luckyUntil = new Map<PeerKey, Micros>()
  /** Choked by the last round: stays so until the next. */
  readonly #barred = new Set<PeerKey>()
  /** Turns that ended with the peer's interest, for a round's time: if that comes back, so does the turn, and no new one. */
  readonly #broken = new Map<PeerKey, { readonly turn: Turn; readonly at: Micros }>()
  #nextRound: Micros = 0
  /** More want to than there are slots. */
  #crowded = false
  /** When that was last looked at; when a slot that has come free since is given away. */
  #lookedAt: Micros = 0
  #fillAt: Micros = NEVER
  #pieceLength = 0

  constructor(options: SwarmOptions, dice: Rng, seedChoking: SeedChoking = 'round-robin') {
    this.#options = options
    this.#seedChoking = seedChoking
    this.#slots = options.uploadSlots
    this.#interval = options.chokeInterval * SECOND
    this.#optimisticInterval = options.optimisticInterval * SECOND
    this.#turn = options.seedTurn * SECOND
    this.#dice = dice
  }

  round(
    now: Micros,
    peers: readonly ChokePeer[],
    { seeding, pieceLength, limited }: ChokeState,
  ): ReadonlySet<PeerKey> {
    this.#pieceLength = pieceLength
    if (now < this.#nextRound) return this.#refill(now, peers, seeding)
    const rate = peers.reduce((sum, { up }) => sum + up, 0)
    this.#slots = uploadSlots(this.#options, rate, limited)
    this.#nextRound = now + this.#interval
    this.#forget(now, peers)
    this.#judge(now, peers)
    const wanting = peers.filter((peer) => peer.interested && !peer.uploadOnly)
    // Unchoked between rounds: choked now, it would be toggled twice in an interval.
    const chosen = new Set<PeerKey>()
    for (const peer of wanting) {
      if (chosen.size < this.#slots && this.#age(peer.key, now) < this.#interval) chosen.add(peer.key)
    }
    this.#choose(now, wanting, chosen, seeding)
    this.#remember(now, wanting, chosen)
    this.#fillAt = NEVER
    return chosen
  }

  /** All that are unchoked, and who gets the slots that have come free. */
  #refill(now: Micros, peers: readonly ChokePeer[], seeding: boolean): ReadonlySet<PeerKey> {
    const chosen = new Set(this.#unchoked.keys())
    const waiting = peers.filter(({ key, interested, uploadOnly }) => {
      return interested && !uploadOnly && !chosen.has(key) && !this.#barred.has(key)
    })
    this.#choose(now, waiting, chosen, seeding)
    for (const peer of waiting) if (chosen.has(peer.key)) this.#resume(now, peer)
    return chosen
  }

  /** Adds to `chosen` as many as there are slots for. */
  #choose(now: Micros, wanting: readonly ChokePeer[], chosen: Set<PeerKey>, seeding: boolean): void {
    this.#lookedAt = now
    this.#fillAt = NEVER
    const waiting = wanting.filter(({ key }) => !chosen.has(key))
    this.#crowded = waiting.length > this.#slots - chosen.size
    if (!this.#crowded) for (const { key } of waiting) chosen.add(key)
    else if (seeding) this.#seed(now, wanting, chosen)
    else this.#trade(now, wanting, chosen, ({ snubbing, down }) => (snubbing ? 0 : down))
  }

  admit(now: Micros, peer: ChokePeer): boolean {
    if (!peer.interested || peer.uploadOnly || this.#barred.has(peer.key)) return false
    if (this.#unchoked.has(peer.key)) return false
    if (this.#unchoked.size >= this.#slots) {
      this.#crowded = true
      return false
    }
    this.#resume(now, peer)
    return true
  }

  /** Who says each few seconds that it is not interested, and is, would have a turn without end and take nothing. */
  #resume(now: Micros, peer: ChokePeer): void {
    const broken = this.#broken.get(peer.key)
    if (broken !== undefined) this.#unchoked.set(peer.key, broken.turn)
    else this.#begin(now, peer)
  }

  free(now: Micros, peer: PeerKey): void {
    const turn = this.#unchoked.get(peer)
    if (turn !== undefined) {
      this.#note(turn.host, { servedAt: now })
      this.#broken.set(peer, { turn, at: now })
    }
    this.#luckyUntil.delete(peer)
    if (this.#unchoked.delete(peer) && this.#crowded) this.#fillAt = Math.max(now, this.#lookedAt + PAUSE)
  }

  get hasFreeSlot(): boolean {
    return this.#unchoked.size < this.#slots
  }

  nextDeadline(): Micros {
    return Math.min(this.#nextRound, this.#fillAt)
  }

  #seed(now: Micros, wanting: readonly ChokePeer[], chosen: Set<PeerKey>): void {
    if (this.#seedChoking === 'round-robin') this.#takeTurns(now, wanting, chosen)
    else if (this.#seedChoking === 'fastest') this.#trade(now, wanting, chosen, ({ up }) => up)
    else {
      const apart = (peer: ChokePeer) => (this.#vain(now, peer) ? 0 : Math.abs(2 * peer.share - 1))
      this.#trade(now, wanting, chosen, apart)
    }
  }

  /**
   * By turns: whose turn is not over stays, then who has waited longest, then who takes fastest; those that took nothing last.
   * Of those never served the newest and the oldest come in turn, so that a crowd of idle ones does not hold up who comes next.
   */
  #takeTurns(now: Micros, wanting: readonly ChokePeer[], chosen: Set<PeerKey>): void {
    // Where a peer is half as fast as the others or more, the line is slow and not the peer.
    const current = wanting.filter(({ key }) => this.#unchoked.has(key))
    const pace = current.reduce((sum, { up }) => sum + up, 0) / Math.max(1, current.length)
    const rank = (peer: ChokePeer) => {
      const age = this.#age(peer.key, now)
      if (this.#vain(now, peer)) return age === NEVER ? 3 : 4
      return age < this.#turn || (2 * peer.up >= pace && this.#isMidPiece(peer, age))
        ? 0
        : age === NEVER
          ? 1
          : 2
    }
    const served = (peer: ChokePeer) => this.#pasts.get(peer.host)?.servedAt ?? -1
    const place = new Map(fromBothEnds(wanting).map((peer, index) => [peer.key, index]))
    const order = [...wanting].sort(
      (a, b) =>
        rank(a) - rank(b) || served(a) - served(b) || b.up - a.up || place.get(a.key)! - place.get(b.key)!,
    )
    // Else a hundred who never read, each with its turn, would hold up for minutes those who do.
    if (this.#isBesieged(now)) {
      const takers = order.filter((peer) => this.#takings(peer) >= PROOF && !this.#vain(now, peer))
      this.#fill(takers, chosen, this.#slots - TRIALS)
    }
    this.#fill(order, chosen, this.#slots)
  }

  /** As many as half of the slots have had their turn of late and took nothing. */
  #isBesieged(now: Micros): boolean {
    let vain = 0
    for (const { vainUntil } of this.#pasts.values()) if (vainUntil > now) vain += 1
    return 2 * vain >= this.#slots
  }

  #takings({ host }: ChokePeer): number {
    return this.#pasts.get(host)?.takings ?? 0
  }

  /**
   * It has had no whole piece yet, and takes fast enough to have one in time: choked now, it could pass on nothing of what it got. On
   * a slow line a turn is over before a piece is, and a crowd with one seed waits for pieces of which many hold a part.
   */
  #isMidPiece(peer: ChokePeer, age: Micros): boolean {
    const turn = this.#unchoked.get(peer.key)
    if (turn === undefined || age >= LONGEST_TURN) return false
    const taken = peer.taken - turn.before
    return taken < this.#pieceLength && taken * LONGEST_TURN >= age * this.#pieceLength
  }

  /** Those that are worth most (tit for tat: by what they give); one slot, and those that nobody has earned, by lot. */
  #trade(
    now: Micros,
    wanting: readonly ChokePeer[],
    chosen: Set<PeerKey>,
    worth: (peer: ChokePeer) => number,
  ): void {
    const earners = wanting.filter((peer) => worth(peer) > 0)
    earners.sort((a, b) => worth(b) - worth(a) || a.key - b.key)
    const hasLucky = [...chosen].some((key) => (this.#luckyUntil.get(key) ?? 0) > now)
    this.#fill(earners, chosen, this.#slots - (hasLucky ? 0 : 1))
    const lucky = wanting.filter(
      (peer) => (this.#luckyUntil.get(peer.key) ?? 0) > now && !this.#vain(now, peer),
    )
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
    const all = wanting.filter((peer) => !chosen.has(peer.key))
    const takers = all.filter((peer) => !this.#vain(now, peer))
    const rest = takers.length > 0 ? takers : all
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
    const turn = this.#unchoked.get(peer)
    return turn === undefined ? NEVER : now - turn.since
  }

  #vain(now: Micros, peer: ChokePeer): boolean {
    return (this.#pasts.get(peer.host)?.vainUntil ?? 0) > now
  }

  #begin(now: Micros, { key, host, taken }: ChokePeer): void {
    this.#unchoked.set(key, { host, since: now, before: taken, taken })
  }

  /** Looks at what each has made of its slot since the last round. */
  #judge(now: Micros, peers: readonly ChokePeer[]): void {
    for (const peer of peers) {
      const turn = this.#unchoked.get(peer.key)
      if (turn === undefined || now - turn.since < this.#interval) continue
      const takes = peer.taken > turn.taken
      const takings = takes ? this.#takings(peer) + 1 : 0
      this.#note(turn.host, { vainUntil: takes ? 0 : now + MEMORY, takings })
      turn.taken = peer.taken
    }
  }

  #note(host: string, news: Partial<Past>): void {
    const past = this.#pasts.get(host) ?? { servedAt: -1, vainUntil: 0, takings: 0 }
    this.#pasts.delete(host)
    this.#pasts.set(host, { ...past, ...news })
    if (this.#pasts.size > MOST_HOSTS) this.#pasts.delete(this.#pasts.keys().next().value!)
  }

  #remember(now: Micros, wanting: readonly ChokePeer[], chosen: ReadonlySet<PeerKey>): void {
    this.#barred.clear()
    for (const key of [...this.#unchoked.keys()]) {
      if (chosen.has(key)) continue
      this.free(now, key)
      // Its turn is over, not broken off: the next is a whole one.
      this.#broken.delete(key)
      this.#barred.add(key)
    }
    for (const peer of wanting) {
      if (!chosen.has(peer.key) || this.#unchoked.has(peer.key)) continue
      this.#broken.delete(peer.key)
      this.#begin(now, peer)
    }
  }

  #forget(now: Micros, peers: readonly ChokePeer[]): void {
    for (const [key, { at }] of this.#broken) if (at + this.#interval < now) this.#broken.delete(key)
    const here = new Set(peers.map((peer) => peer.key))
    const hosts = new Set(peers.map((peer) => peer.host))
    for (const [host, { servedAt, vainUntil }] of this.#pasts) {
      if (!hosts.has(host) && servedAt + MEMORY <= now && vainUntil <= now) this.#pasts.delete(host)
    }
    for (const key of [...this.#unchoked.keys()]) if (!here.has(key)) this.#unchoked.delete(key)
    for (const key of [...this.#luckyUntil.keys()]) if (!here.has(key)) this.#luckyUntil.delete(key)
  }
}

/** The last, the first, the last but one, ... */
function fromBothEnds<T>(items: readonly T[]): T[] {
  const { length } = items
  return items.map((_, i) => items[i % 2 === 0 ? length - 1 - i / 2 : (i - 1) / 2]!)
}
