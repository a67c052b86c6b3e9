import { type Address, isWildcard, parseAddress } from '../core/address.ts'
import type { Id } from '../core/id.ts'
import { isCompliant, nodeIdFor } from '../core/node-id.ts'
import { SparseMap } from '../core/sparse-map.ts'
import { SparseSet } from '../core/sparse-set.ts'
import { MINUTE, type Micros, NEVER } from '../core/time.ts'
import {
  type DhtEvent,
  DhtNode,
  type DhtStats,
  type DhtTable,
  type Handover,
  type PingOutcome,
} from '../dht/dht-node.ts'
import type { EntryKind } from '../dht/entry/entry-points.ts'
import { decodeSavedState, encodeSavedState } from '../dht/entry/saved-state.ts'
import type { LookupHandle, LookupResult } from '../dht/lookup/lookup-request.ts'
import type { DhtOptions } from '../dht/options.ts'
import type { Bound } from './binding.ts'
import type { LookupCommand } from './commands.ts'
import { DhtMember } from './dht-member.ts'
import { dhtOptions } from './dht-options.ts'
import type { SessionEvent } from './events.ts'
import { ItemDriver } from './item-driver.ts'
import { lookUpOnAll } from './joint-lookup.ts'
import { lookupEvent } from './lookup-event.ts'
import { NamedEntries } from './named-entries.ts'
import { jointNetwork, type Network, sameNetwork } from './network.ts'
import type { SessionOptions } from './options.ts'
import type { NodePolicies } from './policies.ts'
import type { Failure, Ports } from './ports.ts'
import { type Publishing, publishOnAll } from './publishing.ts'
import { resolveHost } from './resolve-host.ts'
import type { Rounds } from './rounds.ts'
import type { SavedFiles } from './saved-files.ts'
import type { Machine, Seat } from './seat.ts'
import { setAsideForeign } from './set-aside.ts'
import { StateWriter } from './state-writer.ts'
import type { Tickets } from './tickets.ts'
import { inTurns } from './turns.ts'
import type { UdpMux } from './udp-mux.ts'

/** How often the table is saved while running. */
const SAVE_INTERVAL = 5 * MINUTE

export interface DhtDriverInit extends SavedFiles {
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly options: SessionOptions
  readonly policies: NodePolicies
  emit(event: SessionEvent): void
}

/** The session's DHT nodes, one per UDP socket, seen as one: look-ups and announces go to all, results are merged. */
export class DhtDriver implements Machine {
  /** The items that are kept in the DHT. */
  readonly items: ItemDriver
  readonly #init: DhtDriverInit
  readonly #members: DhtMember[] = []
  readonly #seat: Seat
  readonly #ready = new SparseSet<DhtMember>()
  readonly #dhtOptions: DhtOptions
  readonly #named: NamedEntries
  readonly #writer: StateWriter
  readonly #lookups = new SparseMap<number, LookupHandle>()
  /** Told in the first input after the start: before that ends, nobody listens yet. */
  #warnings: Failure[]
  #inSince: Micros | undefined
  #readySaid = false
  /** As it was last told. */
  #network: Network | undefined
  #started: Micros = 0
  #saveAt: Micros = NEVER

  constructor(init: DhtDriverInit) {
    this.#init = init
    this.#seat = init.rounds.seat(this)
    const { unusable, unreadable, rounds } = init
    this.#writer = new StateWriter({ ...init, failed: (failure) => this.#unsaved(failure) })
    const useless = unusable === undefined ? [...unreadable.values()] : [unusable]
    const aside = setAsideForeign(rounds.now, init, this.#writer, (now, name) => {
      // A table follows soon enough, items only when there are any.
      if (name === ItemDriver.FILE) this.items.save(now)
    })
    this.#warnings = [
      ...useless.map((failure) => ({ ...failure, code: 'state/unusable' as const })),
      ...aside,
    ]
    this.items = new ItemDriver(init, this.#members, this.#writer)
    const { ports, tickets, options } = init
    const isNeeded = (): boolean => this.goodContacts === 0
    const add = (at: Micros, address: Address, kind: EntryKind): void => this.#addAddress(at, address, kind)
    this.#named = new NamedEntries({ ports, tickets, isNeeded, add }, options.bootstrap)
    this.#dhtOptions = dhtOptions(init.options, init.policies.options)
  }

  /** Names of the state files: one per family, and the items that are kept. */
  static readonly FILES: readonly string[] = ['dht-4.state', 'dht-6.state', ItemDriver.FILE]

  /** Makes the node of a bound socket; the mux hands it its datagrams. What is handed over goes before what is saved. */
  add(now: Micros, bound: Bound, mux: UdpMux, handover?: Handover): Id {
    const { ports, rounds, policies } = this.#init
    const family = bound.address.family
    const bytes = this.#member(family) === undefined ? this.#init.saved.get(`dht-${family}.state`) : undefined
    const state = bytes === undefined ? undefined : decodeSavedState(bytes)
    const own = isWildcard(bound.address) ? undefined : bound.address
    const kept = this.#init.owned ? state?.id : undefined
    const fitting = kept !== undefined && (own === undefined || isCompliant(kept, own)) ? kept : undefined
    const fixed = policies.nodeId?.(bound.address)
    const others = (): Id[] => this.#ids(family, member)
    const { secret } = ports.random
    const socket = bound.socket!
    const node = new DhtNode({
      now,
      family,
      ...(own === undefined ? {} : { ownAddress: own }),
      id: handover?.id ?? fixed ?? fitting ?? nodeIdFor(own, secret, this.#ids(family, undefined)),
      others: fixed === undefined ? others : undefined,
      sister: () => this.#member(family === 4 ? 6 : 4),
      secret,
      dice: ports.random.dice,
      crypto: ports.crypto,
      options: this.#dhtOptions,
      policies,
      effects: {
        reserve: (length) => ports.udp.reserve(length),
        send: (to, datagram) => ports.udp.send(socket, to, datagram),
        event: (event) => this.#happened(rounds.now, member, event),
      },
    })
    const seat = rounds.seat(node)
    const member = new DhtMember(node, seat, bound.address)
    this.#members.push(member)
    mux.dht = member
    for (const { host, port } of this.#init.options.bootstrap) {
      const literal = parseAddress(host, port)
      if (literal?.family === family) node.addNode(now, literal)
    }
    if (handover === undefined) node.start(now, state?.contacts ?? [])
    else node.resume(now, handover)
    seat.touch()
    return node.id
  }

  /** Begins to bootstrap: the entry points of the options. */
  start(now: Micros): void {
    this.#started = now
    this.#saveAt = this.#init.owned ? now + SAVE_INTERVAL : NEVER
    this.#named.tick(now)
    this.#seat.touch()
    this.items.start()
  }

  addNode(now: Micros, host: string, port: number, kind: EntryKind = 'node'): void {
    resolveHost(now, this.#init, host, port, (at, addresses) => {
      for (const address of addresses) this.#addAddress(at, address, kind)
    })
  }

  lookup(now: Micros, command: LookupCommand): void {
    const { lookup, target } = command
    const handle = lookUpOnAll(this.#members, now, command, this.#init.emit, (results, peers) => {
      this.#lookupDone(lookup, target, results, peers)
    })
    if (handle !== undefined) this.#lookups.set(lookup, handle)
  }

  cancelLookup(now: Micros, number: number): void {
    this.#lookups.get(number)?.cancel(now)
    for (const { seat } of this.#members) seat.touch()
    this.#lookups.delete(number)
  }

  /** Asks the first address of `host` that we have a socket for. */
  ping(
    now: Micros,
    host: string,
    port: number,
    done: (now: Micros, outcome: PingOutcome | undefined) => void,
  ): void {
    resolveHost(now, this.#init, host, port, (at, addresses) => {
      const address = addresses.find(({ family }) => this.#member(family) !== undefined)
      if (address === undefined) {
        done(at, undefined)
        return
      }
      const { node, seat } = this.#member(address.family)!
      node.ping(at, address, (outcome) => done(this.#init.rounds.now, outcome))
      seat.touch()
    })
  }

  /** Announces `infoHash` and looks for its peers, now and again and again, on every node. */
  publish(
    now: Micros,
    infoHash: Id,
    port: (family: 4 | 6) => number,
    found: (now: Micros, peers: readonly Address[]) => void,
    seeds: () => boolean,
  ): Publishing {
    return publishOnAll(this.#members, now, infoHash, port, found, seeds, (result) =>
      this.#lookupDone(0, infoHash, [result], result.peers),
    )
  }

  /** A look-up for peers on the torrent's own account, between announces. */
  search(now: Micros, infoHash: Id, found: (now: Micros, peers: readonly Address[]) => void): void {
    inTurns(now, this.#members, (begun, { node, seat }, next) => {
      seat.touch()
      const done = (at: Micros, result: LookupResult): void => {
        this.#lookupDone(0, infoHash, [result], result.peers)
        next(at)
      }
      node.lookup(
        begun,
        { target: infoHash, want: 'peers' },
        { peers: (at, peers) => found(at, peers), done },
      )
    })
  }

  /** When a node first was in the DHT: it knew somebody who answered. */
  get inSince(): Micros | undefined {
    return this.#inSince
  }

  get goodContacts(): number {
    return this.#members.reduce((sum, { node }) => sum + node.stats(this.#init.rounds.now).nodes, 0)
  }

  stats(now: Micros): { readonly family: 4 | 6; readonly stats: DhtStats }[] {
    return this.#members.map(({ node, family }) => ({ family, stats: node.stats(now) }))
  }

  tables(): DhtTable[] {
    return this.#members.map(({ node }) => node.contents)
  }

  /** Writes the tables back, when they are ours. */
  save(now: Micros, done: (now: Micros) => void): void {
    const firsts = this.#members.filter((member) => member === this.#member(member.family))
    let left = firsts.length
    if (left === 0) done(now)
    for (const { node, family } of firsts) {
      this.#writer.write(now, `dht-${family}.state`, encodeSavedState(node.snapshot()), (at) => {
        left -= 1
        if (left === 0) done(at)
      })
    }
  }

  #unsaved({ message }: Failure): void {
    const text = `What this node knows of the network could not be saved: ${message}`
    this.#init.emit({ kind: 'warning', torrent: undefined, code: 'state/unsaved', message: text })
  }

  stop(now: Micros): void {
    this.#saveAt = NEVER
    this.#named.stop()
    for (const { node, seat } of this.#members) {
      node.stop(now)
      seat.forget()
    }
    this.#seat.forget()
    this.items.stop()
  }

  tick(now: Micros): void {
    for (const warning of this.#warnings) this.#init.emit({ kind: 'warning', torrent: undefined, ...warning })
    this.#warnings = []
    if (now >= this.#saveAt) {
      this.#saveAt = now + SAVE_INTERVAL
      this.save(now, () => {})
    }
    if (now >= this.#named.next) this.#named.tick(now)
  }

  nextDeadline(): Micros {
    return Math.min(this.#saveAt, this.#named.next, this.#warnings.length === 0 ? NEVER : this.#started + 1)
  }

  #addAddress(now: Micros, address: Address, kind: EntryKind): void {
    const member = this.#member(address.family)
    member?.node.addNode(now, address, kind)
    member?.seat.touch()
  }

  /** Where others say that we are, once they agree. */
  get external(): readonly Address[] {
    return this.#network?.external ?? []
  }

  /** Whether strangers reach one of the nodes; `undefined`: nothing speaks for or against it. */
  get reachable(): boolean | undefined {
    return this.#network?.reachable
  }

  /** The first node of a family: the one that keeps its id and table. */
  #member(family: 4 | 6): DhtMember | undefined {
    return this.#members.find((member) => member.family === family)
  }

  /** The ids of a family's nodes, but for one. */
  #ids(family: 4 | 6, but: DhtMember | undefined): Id[] {
    return this.#members
      .filter((member) => member.family === family && member !== but)
      .map(({ node }) => node.id)
  }

  #happened(now: Micros, member: DhtMember, event: DhtEvent): void {
    if (event.kind === 'ready') this.#nodeReady(now, member)
    else if (event.kind === 'node-id') {
      this.#init.emit({ kind: 'node-id', address: member.address, nodeId: event.id })
      this.save(now, () => {})
    } else if (event.kind === 'network') this.#networkChanged(now)
  }

  #networkChanged(now: Micros): void {
    const network = jointNetwork(this.#members.map(({ node }) => node.stats(now).network))
    if (network.status === 'online') this.#inSince ??= now
    if (sameNetwork(this.#network, network)) return
    this.#network = network
    this.#init.emit({ kind: 'network', network })
  }

  /** Said once: when a node has contacts, or when every node has found out that it is alone. */
  #nodeReady(now: Micros, member: DhtMember): void {
    this.#ready.add(member)
    const nodes = this.goodContacts
    if (nodes > 0) this.#inSince ??= now
    if (this.#readySaid || (nodes === 0 && this.#ready.size < this.#members.length)) return
    this.#readySaid = true
    // Whatever ends the process after this, the next one finds its way back.
    if (nodes > 0) this.save(now, () => {})
    this.#init.emit({ kind: 'ready', nodes, elapsed: now - this.#started })
  }

  #lookupDone(number: number, target: Id, results: readonly LookupResult[], peers: number): void {
    this.#lookups.delete(number)
    this.#init.emit(lookupEvent(number, target, results, peers))
  }
}
