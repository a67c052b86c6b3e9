import { bootSession, PORT } from '../../../sim/hosts/session-host.ts'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { type HostInit, World } from '../../../sim/hosts/world.ts'
import { Payload } from '../../../sim/payload/payload.ts'
import { hashOf } from '../../../sim/payload/piece-hash.ts'
import { equalBytes } from '../../../src/core/bytes.ts'
import type { Id } from '../../../src/core/id.ts'
import { type Micros, SECOND } from '../../../src/core/time.ts'
import type { SessionEvent } from '../../../src/session/events.ts'
import type { SessionPolicies } from '../../../src/session/policies.ts'
import type { Session } from '../../../src/session/session.ts'

const TORRENT = 1
const FOLDER = '/torrents'

export interface Participant {
  readonly host: SimHost
  readonly session: Session
  readonly events: SessionEvent[]
}

interface PeerInit {
  readonly role: 'seed' | 'download' | 'magnet'
  readonly policies?: SessionPolicies
  /** Whom it is told of. */
  readonly knows?: readonly Participant[]
  readonly place?: HostInit
  readonly maxPeers?: number
}

/** A small world in which adversaries meet honest sessions. */
export class Arena {
  readonly world: World
  readonly payload: Payload

  constructor(seed: number, length: number = 2 ** 20) {
    this.world = new World({ seed })
    this.payload = new Payload({ seed, name: 'payload.bin', length, pieceLength: 65_536 })
  }

  get now(): Micros {
    return this.world.now
  }

  /** A peer without DHT, with the payload's torrent. */
  peer({ role, policies, knows = [], place, maxPeers = 50 }: PeerInit): Participant {
    const { payload, world } = this
    const rates = { up: 2 ** 20, down: 2 ** 22 }
    const participant = this.#boot({ dht: false }, policies, { rates, ...place })
    const { host } = participant
    if (role === 'seed') host.disk.volume(payload.storeSpec(FOLDER)).fill(payload)
    const source = {
      infoHash: payload.infoHash,
      metadata: role === 'magnet' ? undefined : payload.info,
      name: payload.name,
      peers: knows.map((known) => ({ host: known.host.host, port: PORT })),
      nodes: [],
    }
    const mode = role === 'seed' ? 'seed' : 'download'
    const options = { out: FOLDER, mode, overwrite: false, recheck: false, maxPeers } as const
    host.command({ kind: 'add', torrent: TORRENT, source, options }, world.now)
    return participant
  }

  /** A DHT node that enters at `entry`. */
  node(entry: Participant | undefined, policies?: SessionPolicies, place?: HostInit): Participant {
    const bootstrap = entry === undefined ? [] : [{ host: entry.host.host, port: PORT }]
    return this.#boot({ listen: false, bootstrap }, policies, place)
  }

  /** Honest nodes that join through the first of them, a tenth of a second apart, and settle. */
  network(count: number, policies?: SessionPolicies): Participant[] {
    const nodes: Participant[] = []
    for (let i = 0; i < count; i++) {
      nodes.push(this.node(nodes[0], policies))
      this.run(0.1)
    }
    this.run(150)
    return nodes
  }

  run(seconds: number, done: () => boolean = () => false): void {
    this.world.run(this.world.now + Math.floor(seconds * SECOND), done)
  }

  /** What a look-up for peers of `target` by `asker` tells; announces `announce`, a port, when that is given. */
  lookup(asker: Participant, target: Id, announce?: number): Extract<SessionEvent, { kind: 'lookup' }> {
    const ended = (): Extract<SessionEvent, { kind: 'lookup' }>[] =>
      asker.events.filter((event) => event.kind === 'lookup').filter(({ lookup }) => lookup === 9)
    const before = ended().length
    const told = announce === undefined ? {} : { announce }
    asker.host.command({ kind: 'lookup', lookup: 9, target, want: 'peers', ...told })
    this.run(60, () => ended().length > before)
    return ended().at(-1)!
  }

  isDone({ events }: Participant): boolean {
    return events.some(({ kind }) => kind === 'done')
  }

  knowsMetadata({ events }: Participant): boolean {
    return events.some(({ kind }) => kind === 'metadata')
  }

  /** Warnings and errors of this code. */
  complaints({ events }: Participant, code: string): { readonly message: string }[] {
    return events
      .filter(({ kind }) => kind === 'warning' || kind === 'error')
      .filter((event) => 'code' in event && event.code === code) as { kind: 'warning'; message: string }[]
  }

  progress({ session, host }: Participant): NonNullable<ReturnType<Session['progress']>> {
    return session.progress(host.now, TORRENT)!
  }

  /** Whether every byte on its disk is that of the payload. */
  holdsAll({ host }: Participant): boolean {
    const { payload } = this
    const volume = host.disk.volume(payload.storeSpec(FOLDER))
    return Array.from({ length: payload.geometry.pieceCount }, (_, piece) => piece).every((piece) => {
      const length = payload.geometry.lengthOf(piece)
      const content = volume.content(piece)
      return (
        content.covers(0, length) && equalBytes(hashOf(content, length), hashOf(payload.piece(piece), length))
      )
    })
  }

  #boot(
    options: Parameters<typeof bootSession>[2],
    policies: SessionPolicies | undefined,
    place: HostInit | undefined,
  ): Participant {
    const host = this.world.addHost(place)
    const events: SessionEvent[] = []
    const session = bootSession(host, this.world.now, options, (event) => events.push(event), policies)
    return { host, session, events }
  }
}
