import { equalBytes } from '../core/bytes.ts'
import type { Micros } from '../core/time.ts'
import { MINUTE, NEVER, SECOND } from '../core/time.ts'
import { METADATA_PIECE, MetadataGroup } from './metadata-group.ts'
import type { SwarmOptions } from './options.ts'
import type { PeerKey } from './piece-tracker.ts'

/** Larger claims are not believed. */
const MOST_METADATA = 32 * 1024 * 1024

export interface MetadataInit {
  /** Whether these are the bytes that are looked for. */
  isRight(bytes: Uint8Array): boolean
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  readonly options: SwarmOptions
}

export interface MetadataRequest {
  readonly peer: PeerKey
  readonly piece: number
}

/** Someone who supplied wrong metadata. `exclude`: left alone for a while; `ban`: the second time. */
export interface MetadataLiar {
  readonly peer: PeerKey
  readonly who: string
  readonly verdict: 'exclude' | 'ban'
}

interface Source {
  readonly key: PeerKey
  readonly who: string
  readonly group: MetadataGroup
  /** Pieces it owes us and until when; `NEVER` once it is late (its answer is still used). */
  readonly owed: Map<number, Micros>
  /** Not asked before. */
  restUntil: Micros
  /** Requests that it let time out since it last kept its word, -1 while it has kept it: others are asked first, or last. */
  late: number
  /** Assemblies that were begun from it alone. */
  tries: number
}

/**
 * How long the first answer of a peer may take from which alone all is to come; it doubles each time that it comes up. Others wait
 * meanwhile, and four silent ones in a row must not cost 40 s.
 */
const ALONE_PATIENCE = 2 * SECOND
/** First turn of a claim while others wait for memory; it doubles. */
const TURN = MINUTE
/** Sizes remembered of which something has arrived but that no connected peer claims. */
const MOST_ORPHANS = 16
/** Late answers remembered per peer. */
const MOST_LATE = 16
/** Endpoints whose offences are remembered; the oldest is forgotten. */
const MOST_OFFENDERS = 1024

/**
 * The info dictionary out of what peers send (BEP 9). Peers are grouped by the size that they claim, and no group waits for
 * another. A group's first assembly takes pieces from all; when its hash is wrong, each further one takes all pieces from one
 * peer, so that a wrong one names its liar: at most one try more than there are peers. A good one names the liars of the
 * first by their blocks.
 */
export class MetadataAssembly {
  readonly #isRight: (bytes: Uint8Array) => boolean
  readonly #sha1: (bytes: Uint8Array) => Uint8Array
  readonly #options: SwarmOptions
  readonly #groups = new Map<number, MetadataGroup>()
  readonly #sources = new Map<PeerKey, Source>()
  readonly #offences = new Map<string, { count: number; until: Micros }>()
  #liars: MetadataLiar[] = []
  #metadata: Uint8Array | undefined
  #newestFirst = false
  /** Of the last input. */
  #now: Micros = 0

  constructor(init: MetadataInit) {
    this.#isRight = (bytes) => init.isRight(bytes)
    this.#sha1 = init.sha1
    this.#options = init.options
  }

  /** The verified info dictionary once it is there. */
  get metadata(): Uint8Array | undefined {
    return this.#metadata
  }

  /** `size` is the peer's claim, `who` its endpoint: offences stay with it when it comes back under another key. */
  join(now: Micros, peer: PeerKey, size: number, who: string): void {
    const before = this.#sources.get(peer)
    if (before?.group.size === size) return
    this.gone(now, peer)
    if (this.#metadata !== undefined || !(size >= 1 && size <= MOST_METADATA)) return
    let group = this.#groups.get(size)
    if (group === undefined) this.#groups.set(size, (group = new MetadataGroup(size)))
    const restUntil = this.#offences.get(who)?.until ?? 0
    this.#sources.set(peer, { key: peer, who, group, owed: new Map(), restUntil, late: 0, tries: 0 })
  }

  gone(_now: Micros, peer: PeerKey): void {
    const source = this.#sources.get(peer)
    if (source === undefined) return
    this.#sources.delete(peer)
    for (const [piece, until] of source.owed) if (until !== NEVER) source.group.unask(piece)
    this.#dropSource(source)
  }

  /** New requests to be sent now, booked. Call after any other input. */
  requests(now: Micros): MetadataRequest[] {
    this.#now = now
    const requests: MetadataRequest[] = []
    if (this.#metadata !== undefined) return requests
    this.#takeTurns(now)
    const sources = this.#inTurn().sort((a, b) => a.late - b.late)
    // One round for each request that a peer may owe, so that they are spread.
    for (let depth = 0; depth < this.#options.metadataRequests; depth++) {
      for (const source of sources) {
        if (this.#owing(source) > depth || !this.#usable(source, now)) continue
        const piece = source.group.wanted(now, source.owed)
        if (piece < 0) continue
        source.group.ask(now, piece)
        source.owed.set(piece, now + this.#patience(source))
        requests.push({ peer: source.key, piece })
      }
    }
    if (requests.length > 0) this.#newestFirst = !this.#newestFirst
    return requests
  }

  /** A piece has come; `bytes` are lent. Of another length than it can have, it is a lie; of other metadata, the peer's claim is void too. */
  data(
    now: Micros,
    peer: PeerKey,
    piece: number,
    totalSize: number | undefined,
    bytes: Uint8Array,
  ): 'kept' | 'ignored' | 'complete' {
    const source = this.#sources.get(peer)
    if (source === undefined || this.#metadata !== undefined) return 'ignored'
    const { group } = source
    const until = source.owed.get(piece)
    if (until === undefined) return 'ignored'
    source.owed.delete(piece)
    const sizeLies = totalSize !== undefined && totalSize !== group.size
    if (sizeLies || bytes.length !== group.lengthOf(piece)) {
      if (until !== NEVER) group.unask(piece)
      this.#offend(now, peer, source.who)
      if (sizeLies) this.gone(now, peer)
      return 'ignored'
    }
    source.late = -1
    if (group.source === peer) this.#extend(now, source)
    if (group.has(piece) || !group.begun || (group.alone && group.source !== peer)) return 'ignored'
    group.keep(piece, bytes, peer, source.who)
    return group.complete ? this.#check(now, group) : 'kept'
  }

  rejected(now: Micros, peer: PeerKey, piece: number): void {
    const source = this.#sources.get(peer)
    const until = source?.owed.get(piece)
    if (source === undefined || until === undefined) return
    source.owed.delete(piece)
    if (until !== NEVER) source.group.unask(piece)
    this.#rest(source, now + this.#options.metadataRest * SECOND)
  }

  tick(now: Micros): void {
    this.#now = now
    for (const source of this.#sources.values()) {
      for (const [piece, until] of source.owed) {
        if (until > now) continue
        if (source.owed.size > MOST_LATE) source.owed.delete(piece)
        else source.owed.set(piece, NEVER)
        source.group.unask(piece)
        source.late = Math.max(0, source.late) + 1
        this.#rest(source, now + this.#options.metadataTimeout * SECOND)
      }
    }
  }

  /** After `tick` and `requests` it is later than their `now`. */
  nextDeadline(): Micros {
    let next = NEVER
    const consider = (at: Micros) => {
      if (at > this.#now && at < next) next = at
    }
    for (const source of this.#sources.values()) {
      consider(source.restUntil)
      for (const until of source.owed.values()) consider(until)
    }
    const waiting = [...this.#groups.values()].some((group) => !group.begun)
    for (const group of this.#groups.values()) {
      if (!group.begun) continue
      consider(group.nextRepeat(this.#now))
      if (waiting) consider(turnEnd(group))
    }
    return next
  }

  /** Who was found lying since the last call. */
  liars(): MetadataLiar[] {
    const liars = this.#liars
    this.#liars = []
    return liars
  }

  #check(now: Micros, group: MetadataGroup): 'kept' | 'complete' {
    const bytes = group.assembled()
    if (this.#isRight(bytes)) {
      this.#accuse(now, group, bytes)
      this.#metadata = bytes
      this.#groups.clear()
      this.#sources.clear()
      return 'complete'
    }
    const contributors = group.contributors()
    if (contributors.size === 1) for (const [peer, who] of contributors) this.#offend(now, peer, who)
    else {
      group.evidence = group.digests(this.#sha1)
      group.alone = true
    }
    this.#restart(group)
    return 'kept'
  }

  /** Names those whose blocks in the assembly that failed differ from the right ones, and who sent any of another size. */
  #accuse(now: Micros, group: MetadataGroup, bytes: Uint8Array): void {
    const liars = new Map<PeerKey, string>()
    for (const { piece, digest, peer, who } of group.evidence) {
      const start = piece * METADATA_PIECE
      if (!equalBytes(this.#sha1(bytes.subarray(start, start + METADATA_PIECE)), digest)) liars.set(peer, who)
    }
    for (const other of this.#groups.values()) {
      if (other === group) continue
      for (const [peer, who] of other.contributors()) liars.set(peer, who)
      for (const { peer, who } of other.evidence) liars.set(peer, who)
    }
    for (const [peer, who] of liars) {
      // Excluded already: its own assembly was wrong too.
      if ((this.#offences.get(who)?.until ?? 0) <= now) this.#offend(now, peer, who)
    }
  }

  #offend(now: Micros, peer: PeerKey, who: string): void {
    const count = (this.#offences.get(who)?.count ?? 0) + 1
    const until = now + this.#options.metadataExclusion * SECOND
    this.#offences.delete(who)
    this.#offences.set(who, { count, until })
    if (this.#offences.size > MOST_OFFENDERS) this.#offences.delete(this.#offences.keys().next().value!)
    this.#liars.push({ peer, who, verdict: count > 1 ? 'ban' : 'exclude' })
    const source = this.#sources.get(peer)
    if (source !== undefined) source.restUntil = until
  }

  #rest(source: Source, until: Micros): void {
    source.restUntil = Math.max(source.restUntil, until)
    this.#dropSource(source)
  }

  /** An assembly from one peer ends with that peer. */
  #dropSource(source: Source): void {
    if (source.group.alone && source.group.source === source.key) this.#restart(source.group)
  }

  #patience({ group, tries }: Source): Micros {
    const timeout = this.#options.metadataTimeout * SECOND
    return group.alone && group.empty ? Math.min(timeout, ALONE_PATIENCE * 2 ** (tries - 1)) : timeout
  }

  /** Who has begun to answer has the usual time for the rest. */
  #extend(now: Micros, { owed }: Source): void {
    const until = now + this.#options.metadataTimeout * SECOND
    for (const [piece, due] of owed) if (due !== NEVER) owed.set(piece, until)
  }

  #restart(group: MetadataGroup): void {
    group.clear()
    for (const source of this.#sources.values()) {
      if (source.group !== group) continue
      for (const piece of source.owed.keys()) source.owed.set(piece, NEVER)
    }
  }

  /** Neither a crowd that was there before a peer nor one that comes after it keeps it waiting. */
  #inTurn(): Source[] {
    const sources = [...this.#sources.values()]
    return this.#newestFirst ? sources.reverse() : sources
  }

  #owing(source: Source): number {
    let count = 0
    for (const until of source.owed.values()) if (until !== NEVER) count += 1
    return count
  }

  #usable(source: Source, now: Micros): boolean {
    const { group } = source
    if (source.restUntil > now || !group.begun) return false
    if (group.alone) group.source ??= this.#chooseSource(group, now)
    return !group.alone || group.source === source.key
  }

  /** In turn, so that a silent one does not come up for ever; rather who answers, and of those who had no part in what failed. */
  #chooseSource(group: MetadataGroup, now: Micros): PeerKey | undefined {
    const suspects = new Set(group.evidence.map(({ peer }) => peer))
    const rank = (source: Source) => 2 * (source.tries + source.late) + (suspects.has(source.key) ? 1 : 0)
    let chosen: Source | undefined
    for (const source of this.#inTurn()) {
      if (source.group !== group || source.restUntil > now) continue
      if (chosen === undefined || rank(source) < rank(chosen)) chosen = source
    }
    if (chosen !== undefined) chosen.tries += 1
    return chosen?.key
  }

  /** Begins what fits into memory by its claim; what does not waits until another's turn is over or nobody supplies it. */
  #takeTurns(now: Micros): void {
    const lively = new Set<MetadataGroup>()
    const supplied = new Set<MetadataGroup>()
    for (const source of this.#sources.values()) {
      supplied.add(source.group)
      if (source.restUntil <= now) lively.add(source.group)
    }
    let claimed = 0
    for (const group of this.#groups.values()) {
      if (supplied.has(group) || (!group.empty && this.#groups.size <= MOST_ORPHANS)) {
        if (group.begun) claimed += group.size
      } else this.#groups.delete(group.size)
    }
    const waiting = [...lively].filter((group) => !group.begun).sort((a, b) => a.turns - b.turns)
    for (const group of waiting) {
      for (const other of this.#groups.values()) {
        if (claimed + group.size <= this.#options.metadataBytes) break
        if (!other.begun || (lively.has(other) && turnEnd(other) > now)) continue
        this.#restart(other)
        other.begun = false
        other.turns += 1
        claimed -= other.size
      }
      if (claimed > 0 && claimed + group.size > this.#options.metadataBytes) continue
      group.begun = true
      group.begunAt = now
      claimed += group.size
    }
  }
}

function turnEnd(group: MetadataGroup): Micros {
  return group.begunAt + TURN * 2 ** Math.min(group.turns, 10)
}
