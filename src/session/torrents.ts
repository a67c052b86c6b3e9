import type { Address } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { SparseMap } from '../core/sparse-map.ts'
import type { Micros } from '../core/time.ts'
import type { Command } from './commands.ts'
import { TorrentDriver } from './torrent-driver.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** Where the session is found, once its sockets are open. */
type Place = Pick<TorrentDriverInit, 'dht' | 'port' | 'own'>

/** What every torrent of a session is made with. */
export type TorrentsInit = Omit<TorrentDriverInit, 'number' | 'source' | 'options' | keyof Place>

/** The session's torrents, by the number that the user knows them under and by info-hash. */
export class Torrents {
  readonly #init: TorrentsInit
  readonly #byNumber = new SparseMap<number, TorrentDriver>()
  readonly #byHash = new SparseMap<string, TorrentDriver>()

  constructor(init: TorrentsInit) {
    this.#init = init
  }

  of(torrent: number): TorrentDriver | undefined {
    return this.#byNumber.get(torrent)
  }

  /** Whose peer an incoming connection is; `undefined`: nobody's, or it is refused. */
  home(infoHash: Id, from: Address): TorrentDriver | undefined {
    const driver = this.#byHash.get(toHex(infoHash))
    return driver?.admits(from) === true ? driver : undefined
  }

  add(now: Micros, { torrent, source, options }: Extract<Command, { kind: 'add' }>, place: Place): void {
    const key = toHex(source.infoHash)
    if (this.#byHash.has(key)) {
      const message = 'This torrent is open already.'
      this.#init.emit({ kind: 'error', torrent, error: 'usage', code: 'session/duplicate', message })
      return
    }
    const driver = new TorrentDriver(now, { ...this.#init, ...place, number: torrent, source, options })
    this.#byNumber.set(torrent, driver)
    this.#byHash.set(key, driver)
    // Who is a peer by a magnet link is often a node at the same port (BEP 9, `x.pe`).
    for (const { host, port } of [...source.nodes, ...source.peers])
      place.dht?.addNode(now, host, port, 'hint')
    driver.start(now)
  }

  remove(now: Micros, torrent: number): void {
    const driver = this.#byNumber.get(torrent)
    if (driver === undefined) {
      // It was refused when it was added.
      this.#init.emit({ kind: 'removed', torrent })
      return
    }
    this.#byNumber.delete(torrent)
    for (const [key, other] of this.#byHash) if (other === driver) this.#byHash.delete(key)
    driver.stop(now, () => this.#init.emit({ kind: 'removed', torrent }))
  }

  /** Stops all; `done` is called once every torrent's resume data is safe. */
  stop(now: Micros, done: (now: Micros) => void): void {
    const drivers = [...this.#byNumber.values()]
    this.#byNumber.clear()
    this.#byHash.clear()
    let left = drivers.length
    if (left === 0) done(now)
    for (const driver of drivers) {
      driver.stop(now, (at) => {
        left -= 1
        if (left === 0) done(at)
      })
    }
  }
}
