import type { Hashes } from '../codec/metainfo.ts'
import type { Command, TorrentSource } from '../session/commands.ts'
import type { TorrentProgress } from '../session/events.ts'
import type { LodestoneEvent } from './events.ts'

/** What a torrent is made with by the node that it belongs to. */
export interface TorrentInit {
  /** What the session knows it by. */
  readonly number: number
  readonly source: TorrentSource
  readonly out: string
  readonly mode: 'download' | 'seed' | 'metadata' | 'trial'
  /** Aborting it removes the torrent. */
  readonly signal: AbortSignal | undefined
  readonly crypto: Hashes
  progress(): TorrentProgress | undefined
  /** Asks the session for something of this torrent. */
  command(command: Command): void
  age(): number
  tell(event: LodestoneEvent): void
}
