import type { NodeInfo } from '../codec/compact.ts'
import { decodeKrpc } from '../codec/krpc.ts'
import type { SharedNode } from '../codec/shared-nodes.ts'
import { type Address, acceptsFrom } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import { Agenda } from './agenda.ts'
import { HashSampler } from './answering/hash-sampler.ts'
import { ItemStore } from './answering/item-store.ts'
import { PeerStore } from './answering/peer-store.ts'
import { QueryDesk, type QueryDeskParts } from './answering/query-desk.ts'
import { HonestResponder, type ResponderParts } from './answering/responder.ts'
import { Tokens } from './answering/tokens.ts'
import { Outbox } from './asking/outbox.ts'
import { Pulse, type PulseParts } from './asking/pulse.ts'
import { Querier, type QuerierParts, UNHEEDED } from './asking/querier.ts'
import { Counters, type DropReason } from './counters.ts'
import type { DhtInit, Handover } from './dht-init.ts'
import type { DhtSnapshot, DhtStats, DhtTable, PingOutcome } from './dht-reports.ts'
import { Bootstrap, type BootstrapParts } from './entry/bootstrap.ts'
import type { EntryKind } from './entry/entry-points.ts'
import { Identity, type IdentityParts } from './identity/identity.ts'
import { KeepAlive, type KeepAliveParts } from './identity/keep-alive.ts'
import { NetworkWatch } from './identity/network-watch.ts'
import { Reachability, type ReachabilityParts } from './identity/reachability.ts'
import type { Sister } from './identity/sister.ts'
import type { LookupHandle, LookupObserver, LookupRequest } from './lookup/lookup-request.ts'
import { Lookups, type LookupsParts } from './lookup/lookups.ts'
import type { AnnouncedPort, Publication } from './lookup/publication.ts'
import { Publications, type PublicationsParts } from './lookup/publications.ts'
import { SampleRests } from './lookup/sample-rests.ts'
import { resolveDhtOptions } from './resolve-dht-options.ts'
import { Askers } from './table/askers.ts'
import { Maintenance, type MaintenanceParts } from './table/maintenance.ts'
import { Reunion, type ReunionParts } from './table/reunion.ts'
import { RoutingTable } from './table/routing-table.ts'
import { takeOver } from './table/take-over.ts'
import { Verification, type VerificationParts } from './table/verification.ts'

export type { DhtEvent, DhtInit, Handover } from './dht-init.ts'
export type { DhtSnapshot, DhtStats, DhtTable, PingOutcome } from './dht-reports.ts'

/** For so long the nodes of the other family are asked to help it in, each time. */
const SEEKING_FOR = 2 * MINUTE
const SEEKING_EACH = 15 * MINUTE

/** What the parts of a node are made with, and then have in common. */
type Whole = IdentityParts &
  KeepAliveParts &
  ReachabilityParts &
  PulseParts &
  QueryDeskParts &
  QuerierParts &
  LookupsParts &
  VerificationParts &
  MaintenanceParts &
  ReunionParts &
  BootstrapParts &
  PublicationsParts &
  ResponderParts
type Parts = { -readonly [K in keyof Whole]: Whole[K] }

/** A DHT node (BEP 5) at one UDP socket of one family: joins the parts, and holds nothing of its own. */
export class DhtNode implements Sister {
  readonly #init: DhtInit
  readonly #options: ReturnType<typeof resolveDhtOptions>
  readonly #parts: Parts
  readonly #agenda = new Agenda()
  readonly #counters = new Counters()
  readonly #outbox: Outbox
  readonly #table: RoutingTable
  readonly #store: PeerStore
  readonly #items: ItemStore
  readonly #querier: Querier
  readonly #verification: Verification
  readonly #lookups: Lookups
  readonly #bootstrap: Bootstrap
  readonly #maintenance: Maintenance
  readonly #keepAlive: KeepAlive
  readonly #reunion: Reunion
  readonly #desk: QueryDesk
  readonly #identity: Identity
  readonly #reachability: Reachability
  readonly #pulse: Pulse
  readonly #network: NetworkWatch
  readonly #publications: Publications
  #isStopped = false

  /** Throws a usage error when an option is out of range. */
  constructor(init: DhtInit) {
    const { now, id, family, secret, dice } = init
    const options = resolveDhtOptions(init.options)
    this.#init = init
    this.#options = options
    this.#outbox = new Outbox(id, init.effects, options.maxReply)
    this.#table = new RoutingTable(now, id, options, (at, contact) => this.#reunion.lost(at, contact))
    this.#items = new ItemStore(id, options)
    this.#store = new PeerStore(id, family, options, dice, init.crypto.sha1)
    // One object for all parts: every one of its own would be one more place to go to for each datagram.
    const parts: Parts = (this.#parts = {
      ownId: id,
      family,
      options,
      secret,
      dice,
      agenda: this.#agenda,
      counters: this.#counters,
      outbox: this.#outbox,
      table: this.#table,
      askers: new Askers(options),
      store: this.#store,
      sampler: new HashSampler(this.#store, family, options),
      sampleRests: new SampleRests(),
      items: this.#items,
      sha1: init.crypto.sha1,
      verify: init.crypto.verify,
      tokens: new Tokens(now, secret, options.tokenPeriod),
      sister: init.sister,
      querier: undefined!,
      lookups: undefined!,
      reachability: undefined!,
      pulse: undefined!,
      heard: (at, from, address, took) => this.#heard(at, from, address, took),
      told: (at, voter, address) => this.#identity.told(at, voter, address),
      moved: (at, previous) => this.#moved(at, previous),
      renamed: (at, id) => this.#renamed(at, id),
      switched: (_, isReadOnly) => {
        this.#outbox.readOnly = isReadOnly
      },
      felt: (at) => this.#network.felt(at),
      networkSize: () => this.#lookups.networkSize(),
      beat: (at, { address, id }) => {
        this.#querier.ask(at, address, id, { method: 'ping' }, UNHEEDED)
      },
      ownAddress: () => this.#identity.address,
      isOwn: (address) => this.#identity.isAt(address),
      joined: (at, nodes) => this.#joined(at, nodes),
      resumed: (at, nodes) => this.#announceReady(at, nodes),
      widened: (at) => this.#maintenance.fill(at),
      unanswered: (_, alone) =>
        init.effects.event(alone ? { kind: 'ready', nodes: 0 } : { kind: 'no-nodes' }),
    })
    this.#identity = new Identity(parts, init.ownAddress, init.others)
    this.#pulse = parts.pulse = new Pulse(parts)
    this.#reachability = parts.reachability = new Reachability(now, parts)
    this.#outbox.readOnly = this.#reachability.isReadOnly
    this.#querier = parts.querier = new Querier(parts)
    this.#lookups = parts.lookups = new Lookups(parts)
    this.#verification = new Verification(parts)
    this.#maintenance = new Maintenance(parts)
    this.#keepAlive = new KeepAlive(parts)
    this.#reunion = new Reunion(parts)
    this.#bootstrap = new Bootstrap(parts)
    this.#network = new NetworkWatch(parts, this.#bootstrap, this.#identity, init.effects)
    this.#publications = new Publications(parts, (at, request, observer) =>
      this.lookup(at, request, observer),
    )
    const responder = init.policies?.responder?.(parts) ?? new HonestResponder(parts)
    this.#desk = new QueryDesk(parts, this.#verification, responder)
  }

  /** It changes when others agree that we are at an IP that it does not fit (BEP 42). */
  get id(): Id {
    return this.#parts.ownId
  }

  /** One datagram; lent until the call returns. Never throws, and sends one datagram back at most. */
  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    const reason = this.#unfit(from, datagram)
    if (reason !== undefined) {
      this.#counters.drop(reason)
      return
    }
    const message = decodeKrpc(datagram, this.#init.family)
    if (message === undefined) this.#counters.drop('malformed')
    else if (message.kind === 'query') this.#desk.receive(now, from, message)
    else if (message.kind === 'response') this.#querier.response(now, from, message)
    else this.#querier.error(now, from, message)
  }

  tick(now: Micros): void {
    this.#agenda.run(now)
  }

  nextDeadline(): Micros {
    return this.#agenda.next
  }

  /** Begins to look for the network, from saved contacts and from what `addNode` has named or names. */
  start(now: Micros, contacts: readonly NodeInfo[]): void {
    const { family } = this.#init
    for (const part of [this.#reachability, this.#maintenance, this.#keepAlive]) part.start(now)
    this.#bootstrap.start(
      now,
      contacts.filter(({ address }) => address.family === family && address.usable),
    )
  }

  /** Begins in the middle, with a table that is handed over; its id is the one that the node was made with. */
  resume(now: Micros, handover: Handover): void {
    takeOver(now, handover, this.#table, this.id, this.#init.family)
    for (const part of [this.#reachability, this.#maintenance, this.#keepAlive]) part.start(now)
    this.#bootstrap.resume(now)
  }

  /**
   * A place to ask: a router, or a node named by its address alone (`--bootstrap`, PORT message, `nodes` of a `.torrent`,
   * `x.pe`). A node becomes a contact when it answers, a router never does.
   */
  addNode(now: Micros, address: Address, kind: EntryKind = 'node'): void {
    if (this.#isStopped || address.family !== this.#init.family || !address.usable) return
    if (this.#bootstrap.joined && kind !== 'router') this.#verification.named(now, address)
    else this.#bootstrap.add(now, address, kind)
  }

  ping(now: Micros, address: Address, done: (outcome: PingOutcome) => void): void {
    const asked =
      !this.#isStopped &&
      address.usable &&
      this.#querier.ask(
        now,
        address,
        undefined,
        { method: 'ping' },
        {
          answered: (_, { id }, rtt) => done({ ok: true, id, rtt }),
          failed: (_, reason) => done({ ok: false, reason }),
        },
      )
    if (!asked) done({ ok: false, reason: 'refused' })
  }

  /** A look-up; one that is asked for while the node is still joining waits for that. */
  lookup(now: Micros, request: LookupRequest, observer: LookupObserver): LookupHandle {
    const mayBegin = this.#bootstrap.joined || !this.#bootstrap.hasEntries
    return this.#lookups.open(now, request, observer, mayBegin)
  }

  /**
   * Keeps `infoHash` announced at `port` (`implied`: that of our datagrams): now, once more a minute later, then each 15 min
   * ± 20 %. The observer hears of the peers and the end of each round; `seeds` is asked what to say of ourselves (BEP 33).
   */
  publish(
    now: Micros,
    infoHash: Id,
    port: AnnouncedPort,
    observer?: LookupObserver,
    seeds?: () => boolean,
  ): Publication {
    return this.#publications.open(now, infoHash, port, observer, seeds)
  }

  /** BEP 32: in its first minutes without a way in, then for one in fifteen. */
  seeks(now: Micros): boolean {
    return !this.#bootstrap.joined && (now - this.#init.now) % SEEKING_EACH < SEEKING_FOR
  }

  nearest(now: Micros, target: Id, asker: Address): readonly SharedNode[] {
    return this.#table.nearestGood(now, target, asker)
  }

  hint(now: Micros, from: Address, nodes: readonly NodeInfo[]): void {
    for (const { address } of nodes.slice(0, this.#options.bucketSize))
      if (acceptsFrom(from, address)) this.addNode(now, address, 'hint')
  }

  get contents(): DhtTable {
    return { id: this.id, contacts: this.#table.contacts(), reachable: this.#table.reachable() }
  }

  snapshot(): DhtSnapshot {
    return { id: this.id, contacts: this.#bootstrap.remembered() }
  }

  stats(now: Micros): DhtStats {
    return {
      nodes: this.#table.good(now),
      ...this.#counters,
      hashes: this.#store.hashes,
      peers: this.#store.peers,
      items: this.#items.size,
      lookups: this.#lookups.size,
      publications: this.#publications.size,
      network: this.#network.state(now),
    }
  }

  /** Ends all that is under way; nothing is sent from here on. */
  stop(now: Micros): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#network.stop()
    this.#reachability.stop()
    this.#keepAlive.stop()
    this.#pulse.stop()
    this.#bootstrap.stop()
    this.#maintenance.stop()
    this.#reunion.stop()
    this.#verification.stop()
    this.#publications.stop(now)
    this.#lookups.stop(now)
    this.#querier.stop(now)
  }

  #unfit(from: Address, datagram: Uint8Array): DropReason | undefined {
    if (this.#isStopped) return 'stopped'
    if (datagram.length > this.#options.maxDatagram) return 'length'
    if (!from.usable || from.family !== this.#init.family) return 'source'
    if (this.#identity.isAt(from)) return 'source'
    return undefined
  }

  #heard(now: Micros, id: Id, address: Address, took: Micros): void {
    if (this.#bootstrap.isRouter(address)) return
    const isGuest = this.#parts.askers.isGuest(now, address)
    const admission = this.#table.answered(now, id, address, took, isGuest)
    if (admission === 'spare') this.#maintenance.contest(now, id)
    if (admission !== 'refused') this.#bootstrap.reached(now)
  }

  /** What was announced from another address leads nowhere (BEP 5). */
  #moved(now: Micros, previous: Address | undefined): void {
    this.#network.felt(now)
    if (previous !== undefined) this.#publications.readdress(now)
  }

  /** The table stays, in another order, and we look for our new neighbours (BEP 42). */
  #renamed(now: Micros, id: Id): void {
    this.#parts.ownId = id
    this.#outbox.ownId = id
    this.#store.renamed(id)
    this.#items.renamed(id)
    this.#table.rename(now, id)
    this.#bootstrap.renamed(now)
    this.#init.effects.event({ kind: 'node-id', id })
  }

  #joined(now: Micros, nodes: number): void {
    this.#maintenance.fill(now)
    this.#announceReady(now, nodes)
  }

  #announceReady(now: Micros, nodes: number): void {
    this.#init.effects.event({ kind: 'ready', nodes })
    this.#lookups.joined(now)
    this.#publications.hasten(now)
  }
}
