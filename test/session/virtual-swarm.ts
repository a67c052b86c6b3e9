/** Whole sessions in virtual time: worlds of members that seed and download one payload. */
import assert from 'node:assert/strict'
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import type { Machine, SimHost } from '../../sim/hosts/sim-host.ts'
import type { Volume } from '../../sim/hosts/volume.ts'
import { type HostInit, World } from '../../sim/hosts/world.ts'
import { Payload } from '../../sim/payload/payload.ts'
import { hashOf } from '../../sim/payload/piece-hash.ts'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import type { Address } from '../../src/core/address.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { AddOptions, TorrentSource } from '../../src/session/commands.ts'
import type { SessionEvent, TorrentProgress } from '../../src/session/events.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import type { Ports, StoreSpec } from '../../src/session/ports.ts'
import { Session } from '../../src/session/session.ts'

/** The number that every member knows its torrent under. */
export const TORRENT = 1
const FOLDER = '/torrents'

/** Another info dictionary of the same content; `layers`: what is told with it, of version 2. */
export interface OtherInfo {
  readonly bytes: Uint8Array
  readonly infoHash: Id
  readonly v2Hash?: Uint8Array
  readonly layers?: Uint8Array
}

export interface SwarmSetup {
  readonly seed?: number
  readonly length?: number
  readonly pieceLength?: number
  readonly info?: (payload: Payload) => OtherInfo
  /** Whether members find each other through a DHT; otherwise they know who `peers` names. */
  readonly dht?: boolean
}

export interface MemberSetup {
  readonly at?: Micros
  readonly mode?: AddOptions['mode']
  /** Given the info dictionary; by default who seeds is. */
  readonly informed?: boolean
  readonly peers?: readonly (Member | SimHost)[]
  readonly session?: Partial<SessionOptions>
  readonly rates?: { readonly up: number; readonly down: number }
  /** The box that it is behind. */
  readonly nat?: HostInit['nat']
  readonly add?: Partial<AddOptions>
  readonly policies?: SessionPolicies
  /** How the torrent is named to it, where that is not the usual way. */
  readonly source?: Partial<TorrentSource>
  /** Told of each event as it comes. */
  readonly heard?: (event: SessionEvent) => void
  /** Stands between the host and the session. */
  readonly around?: (session: Session) => Machine
  readonly ports?: (ports: Ports) => Ports
}

/** The same content as a private torrent (BEP 27). */
export function privately(payload: Payload): { readonly bytes: Uint8Array; readonly infoHash: Id } {
  const { name, pieceLength, pieces, length } = parseInfo(payload.info, nodeCrypto)
  const bytes = encodeInfo({ name, pieceLength, pieces, length, private: true })
  return { bytes, infoHash: nodeCrypto.sha1(bytes) }
}

type Kind = SessionEvent['kind']

export class VirtualSwarm {
  readonly world: World
  readonly payload: Payload
  readonly info: Uint8Array
  readonly infoHash: Id
  readonly v2Hash: Uint8Array | undefined
  readonly layers: Uint8Array | undefined
  readonly router: Session | undefined
  /** The way into its DHT. */
  readonly bootstrap: SessionOptions['bootstrap']

  constructor(setup: SwarmSetup = {}) {
    const { seed = 1, length = 1 << 20, pieceLength = 64 * 1024, dht = false } = setup
    this.world = new World({
      seed,
      network: { regions: [{ x: 0, y: 0, side: 40 * MILLISECOND, weight: 1 }] },
    })
    this.payload = new Payload({ seed, name: 'payload.bin', length, pieceLength })
    const other = setup.info?.(this.payload)
    this.info = other?.bytes ?? this.payload.info
    this.infoHash = other?.infoHash ?? this.payload.infoHash
    this.v2Hash = other?.v2Hash
    this.layers = other?.layers
    if (dht) {
      const host = this.world.addHost()
      this.router = bootSession(host, 0, { listen: false, bootstrap: [] }, () => {})
      this.bootstrap = [{ host: host.host, port: PORT }]
    } else this.bootstrap = []
  }

  /** A host whose session has the torrent. Its disk holds the whole content if it seeds. */
  join(setup: MemberSetup = {}): Member {
    const session = { dht: this.router !== undefined, bootstrap: this.bootstrap, ...setup.session }
    const { rates, nat } = setup
    return new Member(this, this.world.addHost({ ...(rates && { rates }), ...(nat && { nat }) }), {
      ...setup,
      session,
    })
  }

  /** Runs until `done` holds, which it must within `limit`. */
  until(done: () => boolean, limit: Micros = 600 * SECOND): void {
    const end = this.world.now + limit
    assert.ok(this.world.run(end, done), `in vain until ${end / SECOND} s: ${done}`)
  }

  pass(duration: Micros): void {
    this.world.run(this.world.now + duration)
  }

  storeSpec(): StoreSpec {
    const { files } = parseInfo(this.info, nodeCrypto)
    return { ...this.payload.storeSpec(FOLDER), files, infoHash: this.infoHash }
  }
}

/** A host with its session, and what that has reported. */
class Member {
  readonly host: SimHost
  /** Of all its lives. */
  readonly events: SessionEvent[] = []
  readonly #swarm: VirtualSwarm
  readonly #setup: MemberSetup
  #session: Session | undefined

  constructor(swarm: VirtualSwarm, host: SimHost, setup: MemberSetup) {
    this.#swarm = swarm
    this.host = host
    this.#setup = setup
    if (setup.mode === 'seed') this.volume.fill(swarm.payload)
    this.boot(setup.at ?? swarm.world.now)
  }

  get volume(): Volume {
    return this.host.disk.volume(this.#swarm.storeSpec())
  }

  get address(): Address {
    return this.host.address(PORT)
  }

  get session(): Session {
    return this.#session!
  }

  get progress(): TorrentProgress {
    return this.session.progress(this.#swarm.world.now, TORRENT)!
  }

  /** Bytes of verified pieces; 0 while it does not know the torrent. */
  get verified(): number {
    return this.#session?.progress(this.#swarm.world.now, TORRENT)?.verified ?? 0
  }

  /** Its user names another member as a peer. */
  meet({ host: { host } }: Member): void {
    this.host.command({ kind: 'add-peer', torrent: TORRENT, host, port: PORT })
  }

  /** Starts a session on the host and gives it the torrent. */
  boot(at: Micros = this.#swarm.world.now): void {
    const {
      mode = 'download',
      peers = [],
      session,
      ports: change,
      around,
      policies = {},
      heard,
    } = this.#setup
    this.host.boot(at, (ports) => {
      this.#session = new Session({
        ports: change?.(ports) ?? ports,
        options: { bind: [this.host.host], port: PORT, ...session },
        policies,
        emit: (event) => {
          this.events.push(event)
          heard?.(event)
        },
      })
      return around?.(this.#session) ?? this.#session
    })
    const { infoHash, v2Hash, info, layers, payload } = this.#swarm
    const informed = this.#setup.informed ?? mode === 'seed'
    const source: TorrentSource = {
      infoHash,
      v2Hash,
      metadata: informed ? info : undefined,
      layers: informed ? layers : undefined,
      name: payload.name,
      peers: peers.map((peer) => ({ host: (peer instanceof Member ? peer.host : peer).host, port: PORT })),
      nodes: [],
      ...this.#setup.source,
    }
    const options: AddOptions = {
      out: FOLDER,
      mode,
      overwrite: false,
      recheck: false,
      maxPeers: 50,
      ...this.#setup.add,
    }
    this.host.command({ kind: 'add', torrent: TORRENT, source, options }, at)
  }

  of<K extends Kind>(kind: K): Extract<SessionEvent, { kind: K }>[] {
    return this.events.filter((event) => event.kind === kind) as Extract<SessionEvent, { kind: K }>[]
  }

  /** Codes of warnings and errors. */
  get complaints(): string[] {
    return this.events.flatMap((event) =>
      event.kind === 'warning' || event.kind === 'error' ? [event.code] : [],
    )
  }

  /** Who was banned, by address. */
  get banned(): string[] {
    return this.#warnedOf('peer/banned')
  }

  /** Who was found lying, by address: each once, banned or not. */
  get named(): string[] {
    return [...new Set([...this.#warnedOf('peer/lied'), ...this.banned])]
  }

  #warnedOf(what: string): string[] {
    return this.of('warning').flatMap(({ code, address }) => (code === what ? [address!.host] : []))
  }

  get done(): boolean {
    return this.of('done').length > 0
  }

  /** Whether every byte on its disk is that of the payload. */
  get whole(): boolean {
    const { geometry } = this.#swarm.payload
    return Array.from({ length: geometry.pieceCount }, (_, piece) => piece).every((piece) => this.has(piece))
  }

  /** Whether a piece is right on its disk. */
  has(piece: number): boolean {
    const { payload } = this.#swarm
    const length = payload.geometry.lengthOf(piece)
    const content = this.volume.content(piece)
    return (
      content.covers(0, length) && equalBytes(hashOf(content, length), hashOf(payload.piece(piece), length))
    )
  }

  /** Its files change under its feet: every piece is wrong from now on, and what it sends is poison. */
  poison(): void {
    const { geometry } = this.#swarm.payload
    for (let piece = 0; piece < geometry.pieceCount; piece++) {
      this.volume.write(piece, 0, new Uint8Array(geometry.lengthOf(piece)).fill(0xbd))
    }
  }

  /** Its disk answers no more: it unchokes and never sends. */
  freeze(): void {
    this.host.disk.faults.slowness = 1e9
  }
}
