import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import type { TorrentSource } from './commands.ts'
import type { PeerSource } from './events.ts'
import type { PeerSearch } from './peer-search.ts'
import { resolveHost } from './resolve-host.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

type PeerKnown = Extract<TorrentEvent, { readonly kind: 'peer' }>

/** Peers that a torrent is told of, and what it must not ask for more. */
export class Introductions {
  readonly #init: TorrentDriverInit
  readonly #torrent: Torrent
  readonly #search: PeerSearch
  #isPrivate = false

  constructor(init: TorrentDriverInit, torrent: Torrent, search: PeerSearch) {
    this.#init = init
    this.#torrent = torrent
    this.#search = search
  }

  add(now: Micros, host: string, port: number, source: PeerSource): void {
    resolveHost(now, this.#init, host, port, (at, addresses) => {
      this.#torrent.crowd.addCandidates(at, addresses, source)
    })
  }

  /** The torrent has heard of a peer. */
  heard({ address, source, encrypts = false }: PeerKnown): void {
    const { emit, encryption, number } = this.#init
    if (encrypts) encryption?.prefers(address)
    emit({ kind: 'peer', torrent: number, address, source })
  }

  /** Who is a peer by a magnet link is often a node at the same port (BEP 9, `x.pe`). */
  named(now: Micros, { peers, nodes }: TorrentSource): void {
    for (const { host, port } of peers) this.add(now, host, port, 'magnet')
    for (const { host, port } of [...nodes, ...peers]) this.#init.dht?.addNode(now, host, port, 'hint')
  }

  /** A private torrent takes no peers from the DHT nor from other peers (BEP 27); what came from there already is sent away. */
  makePrivate(now: Micros): void {
    if (this.#isPrivate) return
    this.#isPrivate = true
    const foundSome = this.#search.begun || this.#torrent.crowd.exchanged
    this.#search.stop(now)
    const message = 'This torrent is private: peers come from --peer and from those who dial us alone.'
    this.#init.emit({ kind: 'warning', torrent: this.#init.number, code: 'swarm/private', message })
    if (foundSome)
      for (const { peer } of [...this.#torrent.crowd.slots.values()]) peer.close(now, 'swarm/private')
  }
}
