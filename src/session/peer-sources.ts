import type { Info } from '../codec/metainfo.ts'
import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import type { TorrentSource } from './commands.ts'
import type { PeerHome } from './peer-link.ts'
import { PeerSearch } from './peer-search.ts'
import { resolveHost } from './resolve-host.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'
import { TorrentTrackers } from './trackers/torrent-trackers.ts'
import { WebSeeding } from './web/web-seeding.ts'

type PeerKnown = Extract<TorrentEvent, { readonly kind: 'peer' }>

/** Peers that the user names and that are kept in mind. */
const MOST_MANUAL = 64

/**
 * Where a torrent's peers come from: who is named by the user or a link, the DHT and the local network, and trackers. A private one
 * takes them from its trackers and from the user alone (BEP 27). And web servers that have the content, which are as good as peers.
 */
export class PeerSources {
  readonly #init: TorrentDriverInit
  readonly #torrent: Torrent
  readonly #home: PeerHome
  readonly #search: PeerSearch
  readonly #trackers: TorrentTrackers
  readonly #web: WebSeeding
  readonly #manual: { readonly host: string; readonly port: number }[] = []
  /** Some may have come from where no private torrent takes them. */
  #open = false
  #isPrivate = false

  constructor(init: TorrentDriverInit, torrent: Torrent, home: PeerHome, touch: () => void) {
    this.#init = init
    this.#torrent = torrent
    this.#home = home
    this.#search = new PeerSearch(init, torrent)
    this.#trackers = new TorrentTrackers(init, torrent, (now) => this.#part(now), touch)
    this.#web = new WebSeeding(init, torrent, touch)
  }

  /** The user names a peer. */
  add(now: Micros, host: string, port: number): void {
    if (this.#manual.length < MOST_MANUAL) this.#manual.push({ host, port })
    this.#introduce(now, host, port, 'manual')
  }

  /** The torrent has heard of a peer. */
  heard({ address, source, encrypts = false }: PeerKnown): void {
    const { emit, encryption, number } = this.#init
    if (encrypts) encryption?.prefers(address)
    emit({ kind: 'peer', torrent: number, address, source })
  }

  /** Who is a peer by a magnet link is often a node at the same port (BEP 9, `x.pe`). No link names peers of a private torrent. */
  named(now: Micros, source: TorrentSource): void {
    const { peers, nodes } = source
    this.#trackers.named(now, source)
    this.#web.named(now, source)
    this.#open ||= peers.length > 0
    for (const { host, port } of peers) this.#introduce(now, host, port, 'magnet')
    for (const { host, port } of [...nodes, ...peers]) this.#init.dht?.addNode(now, host, port, 'hint')
  }

  /** From now on it is looked for them; again, when it has turned out whether it is private. */
  begin(now: Micros): void {
    if (!this.#torrent.private) this.#search.begin(now)
    else if (!this.#isPrivate) this.#makePrivate(now)
    this.#open ||= this.#search.begun
    this.#trackers.begin(now)
  }

  /** The store is open: there is something to fetch. */
  opened(now: Micros, info: Info): void {
    this.#web.begin(now, info)
  }

  /** We have all that we want. */
  completed(now: Micros): void {
    if (this.#torrent.down.total > 0) this.#trackers.completed(now)
  }

  stop(now: Micros): void {
    this.#search.stop(now)
    this.#trackers.stop()
    this.#web.stop()
  }

  /** `alone`: peers are wanted and none is connected. */
  tick(now: Micros, alone: boolean): void {
    this.#search.tick(now, alone)
    this.#trackers.tick(now, alone)
    this.#web.tick(now)
  }

  nextDeadline(): Micros {
    return Math.min(this.#search.nextDeadline(), this.#trackers.nextDeadline(), this.#web.deadline)
  }

  /** What came from elsewhere already is sent away. */
  #makePrivate(now: Micros): void {
    this.#isPrivate = true
    this.#search.stop(now)
    const { emit, number, session } = this.#init
    const { tracked, unreachable } = this.#trackers
    const lack = unreachable ? ' and names no tracker that the proxy leads to' : ' and names no tracker'
    const from = ['from its trackers', 'from --peer', 'from those who dial us']
    const left = from.slice(tracked ? 0 : 1, session.listen ? 3 : 2)
    const message = `This torrent is private${tracked ? '' : lack}: peers come ${left.join(', ').replace(/, ([^,]*)$/, ' and $1')} alone.`
    emit({ kind: 'warning', torrent: number, code: 'swarm/private', message })
    if (this.#open || this.#torrent.crowd.exchanged) this.#part(now)
  }

  /** Parts with all peers; those that the user has named are met again. */
  #part(now: Micros): void {
    const { crowd } = this.#torrent
    this.#init.peers.closeAll(now, this.#home, 'swarm/private')
    for (const { peer } of [...crowd.slots.values()]) peer.close(now, 'swarm/private')
    crowd.pool.clear()
    for (const { host, port } of this.#manual) this.#introduce(now, host, port, 'manual')
  }

  #introduce(now: Micros, host: string, port: number, source: 'manual' | 'magnet'): void {
    resolveHost(now, this.#init, host, port, (at, addresses) => {
      if (source === 'magnet' && this.#torrent.private) return
      this.#torrent.crowd.addCandidates(at, addresses, source)
    })
  }
}
