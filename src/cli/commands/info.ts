import { readFile } from 'node:fs/promises'
import type { DownloadPlan, Lodestone, Metainfo, PlannedFile } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { checkTorrentToWrite } from '../file-to-write.ts'
import { checkOutFolder } from '../out-folder.ts'
import type { Source } from '../source.ts'
import { readSource, SOURCE } from '../source.ts'
import { formatBytes, formatCount, toHex, toThousandths } from '../text.ts'
import { torrentOfTheDay } from '../torrent-of-the-day.ts'
import { metadataOf, watchTorrent } from '../torrent-watch.ts'
import { ENCRYPTION_OPTION, type EncryptionOption } from '../transfer-options.ts'
import { readText } from '../values.ts'
import { withNode } from '../with-node.ts'

export interface InfoOptions extends NetworkOptions, EncryptionOption {
  readonly source: string
  readonly out?: string
  readonly into: string
}

/** What is shown, and the bytes of a `.torrent` file to save. */
interface Found {
  readonly metainfo: Metainfo
  readonly bytes: Uint8Array
}

async function run(options: InfoOptions, context: CommandContext): Promise<number> {
  const start = context.now()
  const { library } = context
  if (options.out !== undefined) await checkTorrentToWrite(options.out, library)
  const source = await readSource(options.source, library)
  if (source.kind === 'item')
    refuseWithoutDht(options, 'a link with a key (xs=urn:btpk:) is looked up in the DHT')
  await checkOutFolder(options.into, '--into')
  const found =
    source.kind === 'file'
      ? { metainfo: source.input, bytes: await readFile(options.source) }
      : await withNode(options, context, (node, within) => fromSwarm(node, source, within))
  if (options.out !== undefined) await library.saveTorrent(options.out, found.bytes)
  const plan = await library.planDownload(found.metainfo, options.into)
  context.resultCame()
  show(found.metainfo, plan, options.out, (context.now() - start) / 1000, context)
  return 0
}

async function fromSwarm(node: Lodestone, source: Source, context: CommandContext): Promise<Found> {
  const torrent = node.add(await torrentOfTheDay(node, source, context), { mode: 'metadata' })
  const unwatch = watchTorrent(node, torrent, source.title, context)
  try {
    await metadataOf(torrent, context.stop)
    const bytes = torrent.torrentFile()
    return { metainfo: context.library.parseTorrent(bytes), bytes }
  } finally {
    unwatch()
  }
}

function show(
  { info, trackers, webSeeds }: Metainfo,
  plan: DownloadPlan,
  saved: string | undefined,
  seconds: number,
  { output }: CommandContext,
): void {
  const { name, length, pieceLength } = info
  const v2Hash = info.v2 && toHex(info.v2.infoHash)
  const torrent = {
    infoHash: toHex(info.infoHash),
    ...(v2Hash === undefined ? {} : { v2Hash }),
    ...{ name, length, files: plan.files.length, pieceLength },
  }
  output.answer(
    { event: 'metadata', ...torrent, private: info.private, trackers, webSeeds },
    `Name       ${name}`,
    `Info-hash  ${torrent.infoHash}`,
    ...(v2Hash === undefined ? [] : [`Version 2  ${v2Hash}${info.pieces === undefined ? '' : ', a hybrid'}`]),
    `Size       ${formatBytes(length)} (${formatCount(length, 'byte')})`,
    `Pieces     ${Math.ceil(length / pieceLength)} of ${formatBytes(pieceLength)}`,
    `Private    ${info.private ? 'yes' : 'no'}`,
    ...trackers.map((tier) => `Tracker    ${tier.join(', or ')}`),
    ...webSeeds.map((url) => `Web seed   ${url}`),
    `Folder     ${plan.folder}`,
    `Room       ${roomOf(plan)}`,
    `Files      ${plan.files.length}, which a download would write to`,
  )
  for (const file of plan.files) {
    const { index, path, length: bytes, existing = null, named, obstacle } = file
    output.answer(
      {
        event: 'file',
        index,
        path,
        length: bytes,
        existing,
        ...(named === undefined ? {} : { named }),
        ...(obstacle === undefined ? {} : { obstacle }),
      },
      `  ${formatBytes(bytes).padStart(9)}  ${path}${remarksOn(file)}`,
    )
  }
  const { folder, needed, free = null, fits = null } = plan
  output.tell({
    event: 'done',
    ...torrent,
    ...(saved === undefined ? {} : { path: saved }),
    seconds: toThousandths(seconds),
    ...{ folder, needed, free, fits },
  })
  if (saved !== undefined) output.log('info', `Saved as ${saved}`)
}

function roomOf({ needed, free, fits }: DownloadPlan): string {
  const wanted = `${formatBytes(needed)} needed`
  if (free === undefined) return wanted
  return `${wanted}, ${formatBytes(free)} free: it ${fits ? 'fits' : 'does not fit'}`
}

function remarksOn({ existing, length, named, obstacle }: PlannedFile): string {
  const remarks: string[] = []
  if (existing !== undefined) {
    remarks.push(`there already${existing === length ? '' : ` with ${formatCount(existing, 'byte')}`}`)
  }
  if (named !== undefined) remarks.push(`named "${named}" in the torrent`)
  if (obstacle !== undefined) remarks.push(obstacle.replace(/\.$/, ''))
  return remarks.length === 0 ? '' : ` (${remarks.join('; ')})`
}

export const info: CommandDefinition<InfoOptions, 'source'> = {
  name: 'info',
  summary: 'show what a torrent holds, where it would be written, and whether it fits',
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
    into: {
      kind: 'value',
      argument: '<dir>',
      read: readText,
      fallback: '.',
      text: 'folder that a download would write to',
    },
    ...ENCRYPTION_OPTION,
    ...NETWORK_OPTIONS,
  },
  run,
}
