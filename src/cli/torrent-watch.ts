import type { Lodestone, MetadataSummary, Torrent } from '../index.ts'
import type { CommandContext } from './command.ts'
import type { Output } from './output.ts'
import { orStopped } from './stopping.ts'
import { formatBytes, formatCount } from './text.ts'
import { whyEvent } from './why-report.ts'

/** Milliseconds between two looks at a torrent; scripts are promised a progress line each second. */
const PACE = 250
/** The same for what limits it: findings are of ten seconds. */
const WHY_PACE = 10_000

/**
 * Reports a torrent's look-ups and shows its progress until the returned function is called; `title` serves until the name
 * is known.
 */
export function watchTorrent(
  node: Lodestone,
  torrent: Torrent,
  title: string,
  { output, every }: CommandContext,
): () => void {
  let name = title
  torrent.metadata.then(
    (metadata) => (name = metadata.name),
    () => {},
  )
  const look = (): void => {
    const unhindered = torrent.why().findings[0]?.code === 'as-fast-as-peers'
    output.status({ ...torrent.progress(), title: name, unhindered })
  }
  let told: string | undefined
  const explain = (): void => {
    const { findings } = torrent.why()
    if (findings.length === 0 || findings[0]!.code === told) return
    told = findings[0]!.code
    output.tell(whyEvent(torrent.infoHash, findings))
  }
  const forget = node.on('lookup', ({ target, queries, responses, peers, ms }) => {
    if (target !== torrent.infoHash) return
    output.tell({ event: 'lookup', target, queries, responses, peers, ms: Math.round(ms) })
  })
  const stops = [every(PACE, look), every(WHY_PACE, explain)]
  look()
  return () => {
    for (const stop of stops) stop()
    forget()
  }
}

/** Waits for the metadata, or for the failure that keeps it away. */
export function metadataOf(torrent: Torrent, stop: AbortSignal): Promise<MetadataSummary> {
  const failed = torrent.done.then(() => torrent.metadata)
  return orStopped(Promise.race([torrent.metadata, failed]), stop, () => torrent.progress().why)
}

/** Reports what a torrent holds. */
export function tellMetadata(infoHash: string, metadata: MetadataSummary, output: Output): void {
  const { name, length, files, pieceLength } = metadata
  output.tell(
    { event: 'metadata', infoHash, name, length, files: files.length, pieceLength },
    `${name}: ${formatBytes(length)} in ${formatCount(files.length, 'file')}`,
  )
}
