import { toHex } from '../core/bytes.ts'
import type { LodestoneError } from '../core/errors.ts'
import type { TorrentSource } from '../session/commands.ts'
import type { AddTorrentOptions } from './options.ts'
import type { Torrent, TorrentEvent } from './torrent.ts'

/** The torrents of a node, by the number that the session knows them under. */
export class OpenTorrents {
  readonly #torrents = new Map<number, Torrent>()

  add(number: number, torrent: Torrent): void {
    this.#torrents.set(number, torrent)
  }

  /** The torrent that is there already, if what is added now is the same in the same place. */
  present({ infoHash }: TorrentSource, options: AddTorrentOptions): Torrent | undefined {
    const key = toHex(infoHash)
    return this.list.find((torrent) => torrent.infoHash === key && torrent.serves(options))
  }

  get list(): readonly Torrent[] {
    return [...this.#torrents.values()]
  }

  happened(event: TorrentEvent): void {
    if (event.torrent === undefined) return
    this.#torrents.get(event.torrent)?.happened(event)
    if (event.kind === 'removed') this.#torrents.delete(event.torrent)
  }

  close(error: LodestoneError): void {
    for (const torrent of this.#torrents.values()) torrent.closed(error)
    this.#torrents.clear()
  }
}
