import type { Address } from '../core/address.ts'
import { toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { RateLimits } from '../core/rate-limit.ts'
import { SparseMap } from '../core/sparse-map.ts'
import { SparseSet } from '../core/sparse-set.ts'
import type { Micros } from '../core/time.ts'
import { Choker } from '../swarm/choker.ts'
import type { Command, LimitsCommand } from './commands.ts'
import { TorrentDriver } from './torrent-driver.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** Where the session is found, once its sockets are open. */
type Place = Pick<TorrentDriverInit, 'dht' | 'local' | 'port' | 'own'>

/** What every torrent of a session is made with. */
export type TorrentsInit = Omit<TorrentDriverInit, 'number' | 'source' | 'options' | 'leave' | keyof Place>

/** The session's torrents, by the number that the user knows them under and by info-hash. */
export class Torrents {
  readonly #init: TorrentsInit
  readonly #byNumber = new SparseMap<number, TorrentDriver>()
  readonly #limits = new SparseMap<number, RateLimits>()
  readonly #byHash = new SparseMap<string, TorrentDriver>()
  /** Those whose resume data is not safe yet. */
  readonly #leaving = new SparseSet<number>()
  #allLeft: ((now: Micros) => void) | undefined

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
    const { downloadLimit = Number.POSITIVE_INFINITY, uploadLimit = Number.POSITIVE_INFINITY } = options
    const limits = new RateLimits(now, downloadLimit, uploadLimit, this.#init.limits)
    const driver = new TorrentDriver(now, {
      ...this.#init,
      ...place,
      limits,
      policies: {
        choker: (how, dice) => new Choker(how, dice, options.seedChoking),
        ...this.#init.policies,
      },
      number: torrent,
      source,
      options,
      leave: (at) => this.remove(at, torrent),
    })
    this.#byNumber.set(torrent, driver)
    this.#limits.set(torrent, limits)
    this.#byHash.set(key, driver)
    // Who is a peer by a magnet link is often a node at the same port (BEP 9, `x.pe`).
    for (const { host, port } of [...source.nodes, ...source.peers])
      place.dht?.addNode(now, host, port, 'hint')
    driver.start(now)
  }

  /** Changes the limits of one torrent, or those of all together. */
  limit(now: Micros, { torrent, download, upload }: LimitsCommand): void {
    const limits = torrent === undefined ? this.#init.limits : this.#limits.get(torrent)
    limits?.set(now, download, upload)
    for (const [number, driver] of this.#byNumber)
      if (torrent === undefined || number === torrent) driver.torrent.limitsChanged()
  }

  remove(now: Micros, torrent: number): void {
    if (this.#leaving.has(torrent)) return
    const driver = this.#byNumber.get(torrent)
    // Without one it was refused when it was added.
    if (driver === undefined) this.#init.emit({ kind: 'removed', torrent })
    else {
      for (const [key, other] of this.#byHash) if (other === driver) this.#byHash.delete(key)
      this.#stop(now, torrent, driver, () => this.#init.emit({ kind: 'removed', torrent }))
    }
  }

  /** Stops all; `done` is called once every torrent's resume data is safe, of those too that are leaving already. */
  stop(now: Micros, done: (now: Micros) => void): void {
    const drivers = [...this.#byNumber]
    this.#byHash.clear()
    if (drivers.length === 0 && this.#leaving.size === 0) {
      done(now)
      return
    }
    this.#allLeft = done
    for (const [torrent] of drivers) this.#leaving.add(torrent)
    for (const [torrent, driver] of drivers) this.#stop(now, torrent, driver, () => {})
  }

  #stop(now: Micros, torrent: number, driver: TorrentDriver, left: () => void): void {
    this.#byNumber.delete(torrent)
    this.#limits.delete(torrent)
    this.#leaving.add(torrent)
    driver.stop(now, (at) => {
      this.#leaving.delete(torrent)
      left()
      if (this.#leaving.size === 0) this.#allLeft?.(at)
    })
  }
}
