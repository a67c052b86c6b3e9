import { parseInfoHash } from '../codec/magnet.ts'
import { type Metainfo, parseMetainfo } from '../codec/metainfo.ts'
import { toHex } from '../core/bytes.ts'
import type { VersionCommand } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { OlderFile } from '../session/older-files.ts'
import type { CryptoPort } from '../session/ports.ts'
import { itemPlace } from './found-item.ts'
import type { Torrent } from './torrent.ts'

/** What a node knows of the versions of a torrent that changes. */
export interface KnownVersions {
  /** That which the folder holds, as far as it has come; `undefined`: none. */
  readonly newest: { readonly infoHash: string; readonly seq: bigint } | undefined
  /** What they have left there. */
  readonly files: readonly OlderFile[]
}

interface VersionsParts {
  readonly crypto: CryptoPort
  command(command: VersionCommand): void
  /** A number that nobody has. */
  number(): number
}

/** The versions of torrents that change (BEP 46) that a node has begun, in this run and, with a state folder, in earlier ones. */
export class Versions {
  readonly #parts: VersionsParts
  readonly #asked = new Map<number, (known: KnownVersions) => void>()

  constructor(parts: VersionsParts) {
    this.#parts = parts
  }

  /** Those of a link `magnet:?xs=urn:btpk:...` that were begun in the folder `out`. */
  recall(link: string, out: string): Promise<KnownVersions> {
    const { target } = itemPlace(link, undefined, this.#parts.crypto)
    return this.#ask((recall) => ({ kind: 'recall-versions', recall, target, out }))
  }

  /** This one is about to be begun. Resolves once that is remembered. */
  async remember(link: string, infoHash: string, seq: bigint): Promise<void> {
    const { target } = itemPlace(link, undefined, this.#parts.crypto)
    const version = { infoHash: parseInfoHash(infoHash)!, seq }
    await this.#ask((recall) => ({ kind: 'remember-version', recall, target, version }))
  }

  /** A version whose metadata is there, as it is begun. */
  metainfoOf(torrent: Pick<Torrent, 'torrentFile'>): Metainfo {
    return parseMetainfo(torrent.torrentFile(), this.#parts.crypto)
  }

  /** The session's answer. */
  happened({ recall, newest, files }: Extract<SessionEvent, { kind: 'versions' }>): void {
    const { infoHash, seq } = newest ?? {}
    const known = infoHash === undefined ? undefined : { infoHash: toHex(infoHash), seq: seq! }
    this.#asked.get(recall)?.({ newest: known, files })
    this.#asked.delete(recall)
  }

  /** The node is being closed: nothing is known any more. */
  end(): void {
    for (const answer of this.#asked.values()) answer({ newest: undefined, files: [] })
    this.#asked.clear()
  }

  #ask(command: (recall: number) => VersionCommand): Promise<KnownVersions> {
    const recall = this.#parts.number()
    return new Promise((resolve) => {
      this.#asked.set(recall, resolve)
      this.#parts.command(command(recall))
    })
  }
}
