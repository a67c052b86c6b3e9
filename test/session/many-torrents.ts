/** Hosts in virtual time whose sessions have many torrents. */
import { bootSession, PORT } from '../../sim/hosts/session-host.ts'
import type { SimHost } from '../../sim/hosts/sim-host.ts'
import { World } from '../../sim/hosts/world.ts'
import { Payload } from '../../sim/payload/payload.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type { AddOptions } from '../../src/session/commands.ts'
import type { SessionEvent, TorrentProgress } from '../../src/session/events.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import type { Session } from '../../src/session/session.ts'

const FOLDER = '/torrents'

export class ManyTorrents {
  readonly world = new World({
    seed: 1,
    network: { regions: [{ x: 0, y: 0, side: 40 * MILLISECOND, weight: 1 }] },
  })
  readonly payloads: readonly Payload[]

  constructor(count: number, length: number) {
    this.payloads = Array.from({ length: count }, (_, i) => {
      return new Payload({ seed: i + 1, name: `payload-${i}.bin`, length, pieceLength: 64 * 1024 })
    })
  }

  join(session: Partial<SessionOptions> = {}, rates = { up: 1 << 30, down: 1 << 30 }): Shelf {
    return new Shelf(this, this.world.addHost({ rates }), { dht: false, bootstrap: [], ...session })
  }

  pass(duration: Micros): void {
    this.world.run(this.world.now + duration)
  }
}

/** One session with torrents, numbered from 0 like the payloads. */
class Shelf {
  readonly host: SimHost
  readonly session: Session
  readonly events: SessionEvent[] = []
  /** How often its timer has fired. */
  wakeUps = 0
  readonly #all: ManyTorrents

  constructor(all: ManyTorrents, host: SimHost, options: Partial<SessionOptions>) {
    this.#all = all
    this.host = host
    this.session = bootSession(host, all.world.now, options, (event) => this.events.push(event))
    const timer = this.session.timer.bind(this.session)
    this.session.timer = (now) => {
      this.wakeUps += 1
      timer(now)
    }
  }

  add(
    torrent: number,
    mode: 'seed' | 'download',
    from: readonly Shelf[] = [],
    more: Partial<AddOptions> = {},
  ): void {
    const payload = this.#all.payloads[torrent]!
    if (mode === 'seed') this.host.disk.volume(payload.storeSpec(FOLDER)).fill(payload)
    const { infoHash, info, name } = payload
    const peers = from.map(({ host }) => ({ host: host.host, port: PORT }))
    const source = { infoHash, metadata: mode === 'seed' ? info : undefined, name, peers, nodes: [] }
    const given = { out: FOLDER, mode, overwrite: false, recheck: false, maxPeers: 50, ...more }
    this.host.command({ kind: 'add', torrent, source, options: given }, this.#all.world.now)
  }

  progress(torrent: number): TorrentProgress | undefined {
    return this.session.progress(this.#all.world.now, torrent)
  }

  /** Phases of all, one letter each: q(ueued), d(ownloading), s(eeding), and so on; `-`: there is none. */
  get phases(): string {
    return this.#all.payloads.map((_, torrent) => this.progress(torrent)?.phase[0] ?? '-').join('')
  }

  of(torrent: number): string[] {
    return this.events.flatMap((event) => {
      if (!('torrent' in event) || event.torrent !== torrent || event.kind === 'peer') return []
      return [event.kind === 'queue' ? (event.queued ? 'queued' : 'turn') : event.kind]
    })
  }
}
