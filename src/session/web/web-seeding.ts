import type { Info } from '../../codec/metainfo.ts'
import { parseUrl } from '../../codec/web-url.ts'
import { type Micros, NEVER } from '../../core/time.ts'
import type { Torrent } from '../../swarm/torrent.ts'
import type { TorrentSource } from '../commands.ts'
import type { TorrentDriverInit } from '../torrent-driver-init.ts'
import { WebSource } from './web-source.ts'

/** Web seeds that are asked at a time; of more the others take the place of those that are given up. */
const MOST_AT_ONCE = 8
const MOST_KNOWN = 128

/** The web seeds of one torrent that downloads: those that it names and those that the user does. */
export class WebSeeding {
  readonly #init: TorrentDriverInit
  readonly #torrent: Torrent
  readonly #touch: () => void
  readonly #known: { readonly text: string; readonly byHand: boolean }[] = []
  #sources: WebSource[] = []
  #begun = 0
  #info: Info | undefined

  constructor(init: TorrentDriverInit, torrent: Torrent, touch: () => void) {
    this.#init = init
    this.#torrent = torrent
    this.#touch = touch
    this.#learn(init.options.webSeeds ?? [], true)
  }

  named(now: Micros, { webSeeds = [] }: TorrentSource): void {
    if (this.#init.session.webSeeds) this.#learn(webSeeds, false)
    this.#fill(now)
  }

  /** The store is open. */
  begin(now: Micros, info: Info): void {
    if (this.#init.options.mode !== 'download') return
    this.#info = info
    this.#fill(now)
  }

  stop(): void {
    for (const source of this.#sources) source.stop()
    this.#sources = []
    this.#info = undefined
  }

  tick(now: Micros): void {
    do {
      if (this.#sources.some(({ over }) => over)) this.#fill(now)
      for (const source of this.#sources) source.tick(now)
    } while (this.#sources.some(({ over }) => over))
  }

  get deadline(): Micros {
    let first = NEVER
    for (const source of this.#sources) first = source.over ? 0 : Math.min(first, source.deadline)
    return first
  }

  #learn(urls: readonly string[], byHand: boolean): void {
    for (const text of urls) {
      const isNew = !this.#known.some((known) => known.text === text)
      if (isNew && this.#known.length < MOST_KNOWN) this.#known.push({ text, byHand })
    }
  }

  #fill(now: Micros): void {
    const { web, limits, number, emit } = this.#init
    const info = this.#info
    this.#sources = this.#sources.filter(({ over }) => !over)
    if (web === undefined || info === undefined) return
    while (this.#sources.length < MOST_AT_ONCE && this.#begun < this.#known.length) {
      const index = this.#begun++
      const { text, byHand } = this.#known[index]!
      const url = parseUrl(text)
      if (url === undefined) continue
      this.#sources.push(
        new WebSource(now, {
          ...{ web, url, text, byHand, index, info, torrent: this.#torrent, limit: limits.down },
          warn: (code, message) => emit({ kind: 'warning', torrent: number, code, message }),
          touch: this.#touch,
        }),
      )
    }
    this.#touch()
  }
}
