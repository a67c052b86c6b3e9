import type { Bitfield } from '../../src/core/bitfield.ts'
import type { Id } from '../../src/core/id.ts'
import type { Micros } from '../../src/core/time.ts'
import type { SessionEvent, TorrentProgress } from '../../src/session/events.ts'
import type { Session } from '../../src/session/session.ts'
import type { SimHost } from '../hosts/sim-host.ts'
import type { Group } from './population.ts'

/** The number of the one torrent of a scenario, in every session. */
export const TORRENT = 1

/** A host of the population, with what its machine reported. Times are of the world and of its present or last life; `undefined`: not yet. */
export class Member {
  readonly host: SimHost
  readonly group: Group
  /** Its number within the group, from 0. */
  readonly index: number
  /** The session that runs. */
  session: Session | undefined
  /** The id of its first DHT node; `undefined` while it starts. */
  id: Id | undefined
  arrivedAt: Micros | undefined
  readyAt: Micros | undefined
  /** Good contacts when it was ready. */
  readyContacts = 0
  metadataAt: Micros | undefined
  doneAt: Micros | undefined
  leftAt: Micros | undefined
  /** How often each warning and error came, by code. */
  readonly complaints: Map<string, number> = new Map()
  /** What its last session had come to: the session itself may hold megabytes, and thousands leave. */
  #progress: TorrentProgress | undefined
  #pieces: Bitfield | undefined

  constructor(host: SimHost, group: Group, index: number) {
    this.host = host
    this.group = group
    this.index = index
  }

  /** Whether its machine runs. */
  get isUp(): boolean {
    return this.host.inputs !== undefined
  }

  /** Of its session, or what the last one had come to. */
  progress(now: Micros): TorrentProgress | undefined {
    return this.session === undefined ? this.#progress : this.session.progress(now, TORRENT)
  }

  /** The pieces that its session has verified: live; or that the last one had. */
  get pieces(): Bitfield | undefined {
    return this.session === undefined ? this.#pieces : this.session.pieces(TORRENT)
  }

  /** Its machine is about to end. */
  leaves(now: Micros): void {
    this.#progress = this.progress(now)
    this.#pieces = this.pieces
    this.session = undefined
    this.leftAt = now
  }

  /** Another life begins; what it completed before stays so. */
  arrives(at: Micros): void {
    this.arrivedAt = at
    this.leftAt = undefined
    this.id = undefined
    this.readyAt = undefined
    this.readyContacts = 0
  }

  note(now: Micros, event: SessionEvent): void {
    switch (event.kind) {
      case 'listening':
        this.id ??= event.nodeId
        break
      case 'node-id':
        this.id = event.nodeId
        break
      case 'ready':
        if (event.nodes > 0) this.readyAt ??= now
        this.readyContacts = event.nodes
        break
      case 'metadata':
        this.metadataAt ??= now
        break
      case 'done':
        this.doneAt ??= now
        break
      case 'warning':
      case 'error':
        this.complaints.set(event.code, (this.complaints.get(event.code) ?? 0) + 1)
        break
    }
  }
}
