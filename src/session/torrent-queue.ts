import type { SessionOptions } from './options.ts'

/** Most that run at once, those that are idle too (libtorrent's `active_limit`). */
const MOST = 500

/** How a torrent stands when turns are given. */
export interface QueueState {
  /** It is complete. */
  readonly seeds: boolean
  readonly running: boolean
  /** It runs, and nothing has moved for a while: it takes nobody's turn. */
  readonly idle: boolean
}

/** Whose turn it is, of all torrents of a session: the first of each kind in their order, and whoever is idle. */
export class TorrentQueue {
  readonly #limits: Pick<SessionOptions, 'maxActiveDownloads' | 'maxActiveSeeds'>
  readonly #order: number[] = []

  constructor(limits: Pick<SessionOptions, 'maxActiveDownloads' | 'maxActiveSeeds'>) {
    this.#limits = limits
  }

  /** Whether anybody might ever have to wait. */
  get limited(): boolean {
    return Number.isFinite(this.#limits.maxActiveDownloads) || Number.isFinite(this.#limits.maxActiveSeeds)
  }

  get empty(): boolean {
    return this.#order.length === 0
  }

  enter(torrent: number): void {
    this.#order.push(torrent)
  }

  leave(torrent: number): void {
    const at = this.#order.indexOf(torrent)
    if (at >= 0) this.#order.splice(at, 1)
  }

  /** To this place, from 0, or to the end. Nothing for one that is not there. */
  move(torrent: number, place: number): void {
    const at = this.#order.indexOf(torrent)
    if (at < 0) return
    this.#order.splice(at, 1)
    this.#order.splice(place, 0, torrent)
  }

  /** Who is to run. */
  turns(stateOf: (torrent: number) => QueueState): ReadonlySet<number> {
    const chosen = new Set<number>()
    let [downloads, seeds] = [this.#limits.maxActiveDownloads, this.#limits.maxActiveSeeds]
    for (const torrent of this.#order) {
      if (chosen.size >= MOST) break
      const state = stateOf(torrent)
      if (!state.idle) {
        if ((state.seeds ? seeds : downloads) < 1) continue
        if (state.seeds) seeds -= 1
        else downloads -= 1
      }
      chosen.add(torrent)
    }
    return chosen
  }
}
