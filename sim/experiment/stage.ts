import { equalBytes } from '../../src/core/bytes.ts'
import { between, type Rng } from '../../src/core/rng.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Handover } from '../../src/dht/dht-init.ts'
import type { TorrentSource } from '../../src/session/commands.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { streamFor } from '../engine/rng.ts'
import { churn } from '../hosts/churn.ts'
import { Oracle } from '../hosts/oracle.ts'
import { bootSession, PORT } from '../hosts/session-host.ts'
import { WORLD } from '../hosts/sim-host.ts'
import type { World } from '../hosts/world.ts'
import { Payload, type PayloadInit } from '../payload/payload.ts'
import { hashOf } from '../payload/piece-hash.ts'
import type { Findings } from './findings.ts'
import { Member, TORRENT } from './member.ts'
import type { Group, TorrentRole } from './population.ts'

/** Where every session of a scenario keeps its torrent. */
export const FOLDER = '/torrents'
const DEFAULT_NEIGHBOURS = 50

export type Listener = (member: Member, event: SessionEvent) => void

export interface StageInit<V> {
  readonly world: World
  readonly values: V
  readonly findings: Findings
  /** Metrics of the run that this one is held against. */
  readonly baseline: Readonly<Record<string, number>>
  readonly payload: Omit<PayloadInit, 'seed'> | undefined
  readonly population: readonly Group[]
  /** What a member does otherwise than an honest session of default options. */
  policies?(member: Member): SessionPolicies | undefined
  /** Starts the machine of a member whose group has its own. */
  boot?(member: Member): void
}

/** A scenario being played: the world, who lives in it, and what is found out. */
export class Stage<V = Readonly<Record<string, number>>> {
  readonly world: World
  readonly values: V
  readonly findings: Findings
  /** Metrics of the run that this one is held against; empty when there is none. */
  readonly baseline: Readonly<Record<string, number>>
  /** Draws of the scenario itself. */
  readonly rng: Rng
  /** All members, in the order of their hosts. */
  readonly members: readonly Member[]
  /** How many downloaders have completed. */
  completed = 0
  /** Until all are planned: who starts at once with a table, which is drawn from all of them. */
  #waiting: Member[] | undefined = []
  readonly #policies: (member: Member) => SessionPolicies | undefined
  readonly #bootOwn: (member: Member) => void
  readonly #payload: Payload | undefined
  readonly #groups = new Map<string, Member[]>()
  readonly #listeners: Listener[] = []

  constructor(init: StageInit<V>) {
    const { world, values, findings, baseline, payload, population, policies, boot } = init
    this.#policies = policies ?? (() => undefined)
    this.#bootOwn = boot ?? (() => {})
    this.world = world
    this.values = values
    this.findings = findings
    this.baseline = baseline
    this.rng = streamFor(world.seed, WORLD, 'scenario')
    this.#payload = payload === undefined ? undefined : new Payload({ seed: world.seed, ...payload })
    this.members = population.flatMap((group) => this.#settle(group))
  }

  /** Lets the members arrive, each in its time. */
  begin(): void {
    for (const member of this.members) this.#plan(member)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined || waiting.length === 0) return
    const oracle = new Oracle(
      this.world.seed,
      waiting.map(({ host }) => host),
    )
    for (const member of waiting) this.boot(member, this.now, {}, () => oracle.handover(member.host))
  }

  get now(): Micros {
    return this.world.now
  }

  get payload(): Payload {
    if (this.#payload === undefined) throw new Error('the scenario has no payload')
    return this.#payload
  }

  /** The members of a group. */
  group(name: string): readonly Member[] {
    const members = this.#groups.get(name)
    if (members === undefined) throw new Error(`there is no group ${name}`)
    return members
  }

  /** Hears what every session reports from now on. It must not call a session: commands go by `SimHost.command`. */
  listen(listener: Listener): void {
    this.#listeners.push(listener)
  }

  /** Starts the member's machine at `at`, with options `change` and this table in this life; it must not run. */
  boot(
    member: Member,
    at: Micros = this.now,
    change: Partial<SessionOptions> = {},
    handover?: () => Handover,
  ): void {
    const { group, host } = member
    if (this.#waiting !== undefined && group.isWarm === true) {
      this.#waiting.push(member)
      return
    }
    member.arrives(at)
    if (group.machine === 'own') this.#bootOwn(member)
    else {
      const options = { bootstrap: this.#entriesOf(member), ...group.session, ...change }
      member.session = bootSession(
        host,
        at,
        options,
        (event) => this.#heard(member, event),
        this.#policies(member),
        handover,
      )
      if (group.torrent !== undefined) this.#addTorrent(member, group.torrent, at)
    }
  }

  /** Ends the member's machine as `kill -9` does. */
  kill(member: Member): void {
    if (!member.isUp) return
    member.leaves(this.now)
    member.host.kill()
  }

  /** Whether every byte on the member's disk is that of the payload. */
  holdsAll(member: Member): boolean {
    const { payload } = this
    const volume = member.host.disk.volume(payload.storeSpec(FOLDER))
    for (let piece = 0; piece < payload.geometry.pieceCount; piece++) {
      const length = payload.geometry.lengthOf(piece)
      const content = volume.content(piece)
      if (!content.covers(0, length)) return false
      if (!equalBytes(hashOf(content, length), hashOf(payload.piece(piece), length))) return false
    }
    return true
  }

  #settle(group: Group): Member[] {
    const members = Array.from({ length: group.count }, (_, index) => {
      return new Member(this.world.addHost(group.host?.(index, this.world) ?? {}), group, index)
    })
    this.#groups.set(group.name, members)
    return members
  }

  #plan(member: Member): void {
    const { arrival } = member.group
    if (member.group.torrent?.role === 'seed') {
      member.host.disk.volume(this.payload.storeSpec(FOLDER)).fill(this.payload)
    }
    if (arrival.kind === 'later') return
    if (arrival.kind === 'churn') {
      churn(this.world, [member.host], arrival.profile, {
        boot: () => this.boot(member),
        kill: () => this.kill(member),
      })
      return
    }
    let at = 0
    if (arrival.kind === 'at') at = Math.floor(arrival.second * SECOND)
    else {
      const from = Math.floor(arrival.from * SECOND)
      // A stream of its own, so that one member more moves no other's arrival.
      const rng = streamFor(this.world.seed, member.host.index, 'arrival')
      at = between(rng, from, from + Math.floor(arrival.seconds * SECOND))
    }
    // A machine is built when it starts: thousands that are yet to come would hold memory until then.
    if (at === 0) this.boot(member, at)
    else this.world.at(at, () => this.boot(member))
  }

  #entriesOf(member: Member): readonly { host: string; port: number }[] {
    const [first = []] = this.#groups.values()
    return first.filter((entry) => entry !== member).map(({ host }) => ({ host: host.host, port: PORT }))
  }

  #addTorrent(member: Member, { role, maxPeers = DEFAULT_NEIGHBOURS }: TorrentRole, at: Micros): void {
    const { info, infoHash, name } = this.payload
    const metadata = role === 'seed' ? info : undefined
    const source: TorrentSource = { infoHash, metadata, name, peers: [], nodes: [] }
    const options = { out: FOLDER, mode: role, overwrite: false, recheck: false, maxPeers } as const
    member.host.command({ kind: 'add', torrent: TORRENT, source, options }, at)
  }

  #heard(member: Member, event: SessionEvent): void {
    const downloads = member.group.torrent?.role === 'download'
    if (event.kind === 'done' && downloads && member.doneAt === undefined) this.completed += 1
    member.note(this.now, event)
    const patience = member.group.torrent?.leavesAfter
    if (event.kind === 'done' && patience !== undefined) {
      this.world.at(this.now + Math.floor(patience * SECOND), () => this.kill(member))
    }
    for (const listener of this.#listeners) listener(member, event)
  }
}
