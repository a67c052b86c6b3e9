import { readFile } from 'node:fs/promises'
import type { Lodestone, MetadataSummary, Metainfo } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { checkTorrentToWrite } from '../file-to-write.ts'
import type { Source } from '../source.ts'
import { readSource, SOURCE } from '../source.ts'
import { formatBytes, formatCount, toHex, toThousandths } from '../text.ts'
import { metadataOf, watchTorrent } from '../torrent-watch.ts'
import { readText } from '../values.ts'
import { withNode } from '../with-node.ts'

export interface InfoOptions extends NetworkOptions {
  readonly source: string
  readonly out?: string
}

/** What is shown, and the bytes of a `.torrent` file to save. */
interface Found {
  readonly infoHash: string
  readonly metadata: MetadataSummary
  readonly bytes: Uint8Array
}

async function run(options: InfoOptions, context: CommandContext): Promise<number> {
  const start = context.now()
  const { library } = context
  if (options.out !== undefined) await checkTorrentToWrite(options.out, library)
  const source = await readSource(options.source, library)
  const found =
    source.kind === 'file'
      ? await fromFile(source.input, options, context)
      : await withNode(options, context, (node, within) => fromSwarm(node, source, within))
  if (options.out !== undefined) await library.saveTorrent(options.out, found.bytes)
  context.resultCame()
  show(found, options.out, (context.now() - start) / 1000, context)
  return 0
}

async function fromFile(
  metainfo: Metainfo,
  { source }: InfoOptions,
  { library }: CommandContext,
): Promise<Found> {
  const { infoHash, name, length, pieceLength } = metainfo.info
  const files = library.planFiles(metainfo, '.')
  return {
    infoHash: toHex(infoHash),
    metadata: { name, length, files, pieceLength, private: metainfo.info.private },
    bytes: await readFile(source),
  }
}

async function fromSwarm(node: Lodestone, source: Source, context: CommandContext): Promise<Found> {
  const torrent = node.add(source.input, { mode: 'metadata' })
  const unwatch = watchTorrent(node, torrent, source.title, context)
  try {
    const metadata = await metadataOf(torrent, context.stop)
    return { infoHash: torrent.infoHash, metadata, bytes: torrent.torrentFile() }
  } finally {
    unwatch()
  }
}

function show(
  { infoHash, metadata }: Found,
  saved: string | undefined,
  seconds: number,
  context: CommandContext,
): void {
  const { output } = context
  const { name, length, files, pieceLength } = metadata
  const torrent = { infoHash, name, length, files: files.length, pieceLength }
  output.answer(
    { event: 'metadata', ...torrent },
    `Name       ${name}`,
    `Info-hash  ${infoHash}`,
    `Size       ${formatBytes(length)} (${formatCount(length, 'byte')})`,
    `Pieces     ${Math.ceil(length / pieceLength)} of ${formatBytes(pieceLength)}`,
    `Private    ${metadata.private ? 'yes' : 'no'}`,
    `Files      ${files.length}, which a download would write to`,
  )
  for (const { index, path, length: bytes } of files) {
    output.answer(
      { event: 'file', index, path, length: bytes },
      `  ${formatBytes(bytes).padStart(9)}  ${path}`,
    )
  }
  output.tell({
    event: 'done',
    ...torrent,
    ...(saved === undefined ? {} : { path: saved }),
    seconds: toThousandths(seconds),
  })
  if (saved !== undefined) output.log('info', `Saved as ${saved}`)
}

export const info: CommandDefinition<InfoOptions, 'source'> = {
  name: 'info',
  summary: 'show what a torrent holds and where it would be written',
  positional: SOURCE,
  options: {
    out: {
      kind: 'value',
      argument: '<file.torrent>',
      alias: 'o',
      read: readText,
      otherwise: 'not saved',
      text: 'save the .torrent file',
    },
    ...NETWORK_OPTIONS,
  },
  run,
}
