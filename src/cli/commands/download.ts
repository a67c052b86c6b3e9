import type { AddTorrentOptions, Lodestone, Torrent } from '../../index.ts'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { checkOutFolder } from '../out-folder.ts'
import { limitsOf, Seeding } from '../seeding.ts'
import type { Source } from '../source.ts'
import { readSource, SOURCE } from '../source.ts'
import { orStopped } from '../stopping.ts'
import { formatBytes, formatDuration, toThousandths } from '../text.ts'
import { tellVersion, torrentOfTheDay } from '../torrent-of-the-day.ts'
import { metadataOf, tellMetadata, watchTorrent } from '../torrent-watch.ts'
import { TRANSFER_OPTIONS, type TransferOptions } from '../transfer-options.ts'
import { readChoice, readFiles, readText, readWebUrl } from '../values.ts'
import { wholeWhyEvent, whyLines } from '../why-report.ts'
import { withNode } from '../with-node.ts'

const ALLOCATIONS = ['none', 'sparse', 'full'] as const

export interface DownloadOptions extends TransferOptions {
  readonly source: string
  readonly out: string
  readonly keepSeeding: boolean
  readonly follow: boolean
  readonly overwrite: boolean
  readonly recheck: boolean
  readonly allocate: (typeof ALLOCATIONS)[number]
  readonly sequential: boolean
  readonly explain: boolean
  readonly select?: string
  readonly webSeed?: readonly string[]
  readonly noWebSeeds: boolean
}

async function run(options: DownloadOptions, context: CommandContext): Promise<number> {
  const source = await readSource(options.source, context.library)
  refuseContradictions(source, options)
  await checkOutFolder(options.out)
  return await withNode(options, context, (node, within) =>
    options.follow
      ? follow(node, source.input as string, options, within)
      : transfer(node, source, options, within),
  )
}

function refuseContradictions({ kind }: Source, options: DownloadOptions): void {
  if (kind === 'item') refuseWithoutDht(options, 'a link with a key (xs=urn:btpk:) is looked up in the DHT')
  if (!options.follow) return
  if (kind !== 'item')
    throw contradiction('--follow goes with a link of a torrent that changes (xs=urn:btpk:).')
  if (Object.keys(limitsOf(options)).length > 0)
    throw contradiction(
      '--follow serves each version until the next one, so it has no --seed-ratio or --seed-time.',
    )
}

/** As the library takes them. */
function addOptions(options: DownloadOptions): AddTorrentOptions {
  const { out, overwrite, recheck, allocate, maxPeers, peer, tracker, seedChoking, select, sequential } =
    options
  return {
    mode: 'download',
    out,
    overwrite,
    recheck,
    allocate,
    sequential,
    ...(maxPeers === undefined ? {} : { maxPeers }),
    ...(peer === undefined ? {} : { peers: peer }),
    ...(tracker === undefined ? {} : { trackers: tracker }),
    ...(seedChoking === undefined ? {} : { seedChoking }),
    ...(select === undefined ? {} : { select }),
    ...(options.webSeed === undefined ? {} : { webSeeds: options.webSeed }),
    ...limitsOf(options),
  }
}

async function transfer(
  node: Lodestone,
  source: Source,
  options: DownloadOptions,
  context: CommandContext,
): Promise<number> {
  const seeding = new Seeding(node)
  const torrent = node.add(await torrentOfTheDay(node, source, context), addOptions(options))
  const unwatch = watchTorrent(node, torrent, source.title, context)
  try {
    await untilDone(torrent, context)
    if (options.keepSeeding || Object.keys(limitsOf(options)).length > 0)
      await seeding.go(torrent, `Seeding ${torrent.magnet}`, context)
    return 0
  } finally {
    unwatch()
    explain(torrent, options, context)
  }
}

/** Downloads the version of the day and each that comes after it, and serves the newest, until it is stopped. */
async function follow(
  node: Lodestone,
  link: string,
  options: DownloadOptions,
  context: CommandContext,
): Promise<number> {
  const { output, stop, library } = context
  let ended = (_error: unknown): void => {}
  const failed = new Promise<never>((_resolve, reject) => (ended = reject))
  let leave = (): void => {}
  const read = async (): Promise<void> => {
    for await (const { seq, torrent } of library.followTorrent(node, link, {
      ...addOptions(options),
      signal: stop,
    })) {
      leave()
      tellVersion(torrent.infoHash, seq, output)
      const unwatch = watchTorrent(node, torrent, 'torrent of the day', context)
      let isCurrent = true
      leave = () => {
        isCurrent = false
        unwatch()
        explain(torrent, options, context)
      }
      // That a newer version ends it is no failure.
      untilDone(torrent, context).then(
        () =>
          output.answer(
            { event: 'seeding', infoHash: torrent.infoHash, magnet: torrent.magnet },
            `Seeding ${torrent.magnet}`,
          ),
        (error: unknown) => void (isCurrent && ended(error)),
      )
    }
  }
  try {
    await orStopped(
      Promise.race([read(), failed]),
      stop,
      () => 'no version of the torrent has been found yet',
    )
    return 0
  } finally {
    leave()
  }
}

function explain(torrent: Torrent, options: DownloadOptions, { output }: CommandContext): void {
  if (!options.explain) return
  const why = torrent.why()
  output.answer(wholeWhyEvent(torrent.infoHash, why), ...whyLines(why))
}

function contradiction(message: string): LodestoneError {
  return new LodestoneError('usage', 'usage/contradiction', message)
}

async function untilDone(torrent: Torrent, { output, stop, resultCame }: CommandContext): Promise<void> {
  const metadata = await metadataOf(torrent, stop)
  tellMetadata(torrent.infoHash, metadata, output)
  for (const { index, path, length, selected } of metadata.files)
    if (selected) output.tell({ event: 'file', index, path, length })
  const { infoHash, path, length, seconds, wasted } = await orStopped(
    torrent.done,
    stop,
    () => torrent.progress().why,
  )
  resultCame()
  const progress = torrent.progress()
  output.status({ ...progress, phase: 'downloading', title: metadata.name })
  const { received } = progress
  const fetched =
    received === 0 ? 'all of it was here' : `${formatBytes(received)} fetched in ${formatDuration(seconds)}`
  output.answer(
    { event: 'done', infoHash, path, length, seconds: toThousandths(seconds), wasted },
    `Done: ${path} (${formatBytes(length)}, ${fetched})`,
  )
}

export const download: CommandDefinition<DownloadOptions, 'source'> = {
  name: 'download',
  summary: 'download from a magnet link, an info-hash or a .torrent file',
  positional: SOURCE,
  options: {
    out: {
      kind: 'value',
      argument: '<dir>',
      alias: 'o',
      read: readText,
      fallback: '.',
      text: 'folder to download into',
    },
    keepSeeding: { kind: 'flag', text: 'go on seeding when complete' },
    follow: {
      kind: 'flag',
      text: 'of a link with a key (xs=urn:btpk:): fetch each newer version too, until stopped',
    },
    overwrite: { kind: 'flag', text: 'take over files in the way that hold something else' },
    select: {
      kind: 'value',
      argument: '<files>',
      read: readFiles,
      otherwise: 'all',
      text: 'files to download, as `info` counts them, such as 0,2,4-6',
    },
    webSeed: {
      kind: 'list',
      argument: '<url>',
      read: readWebUrl,
      otherwise: 'none',
      text: 'web server that has the content: a file, or a folder with a slash at its end (repeatable)',
    },
    noWebSeeds: { kind: 'flag', text: 'do not fetch from the web servers that the torrent names' },
    sequential: { kind: 'flag', text: 'fetch pieces in their order, for whoever reads along' },
    allocate: {
      kind: 'value',
      argument: '<how>',
      read: readChoice(ALLOCATIONS),
      fallback: 'sparse',
      text: 'none, sparse or full: how much of the files is on disk from the start',
    },
    recheck: { kind: 'flag', text: 'check everything on disk before going on' },
    explain: { kind: 'flag', text: 'tell at the end when it came to each stage, and what its time went to' },
    ...TRANSFER_OPTIONS,
    ...NETWORK_OPTIONS,
  },
  run,
}
