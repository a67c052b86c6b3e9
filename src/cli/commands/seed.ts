import { dirname, resolve } from 'node:path'
import type { Lodestone, Metainfo } from '../../index.ts'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS } from '../common-options.ts'
import { hashContent } from '../hash-content.ts'
import { checkOutFolder } from '../out-folder.ts'
import { limitsOf, Seeding } from '../seeding.ts'
import { isMagnet, kindOfPath, readTorrentFile } from '../source.ts'
import { orStopped } from '../stopping.ts'
import { metadataOf, tellMetadata, watchTorrent } from '../torrent-watch.ts'
import { TRANSFER_OPTIONS, type TransferOptions } from '../transfer-options.ts'
import { readText } from '../values.ts'
import { withNode } from '../with-node.ts'

export interface SeedOptions extends TransferOptions {
  readonly path: string
  readonly out?: string
  readonly superSeed: boolean
}

interface Content {
  readonly metainfo: Metainfo
  /** The folder that the torrent's names are in. */
  readonly out: string
  readonly title: string
}

async function run(options: SeedOptions, context: CommandContext): Promise<number> {
  const content = await contentOf(options, context)
  return await withNode(options, context, (node, within) => serve(node, content, options, within))
}

async function contentOf({ path, out }: SeedOptions, context: CommandContext): Promise<Content> {
  const kind = await kindOfPath(path)
  if (kind === undefined) {
    const hint = isMagnet(path) ? '; to serve what a magnet link names, use download --keep-seeding' : ''
    throw new LodestoneError('usage', 'usage/bad-source', `There is nothing at "${path}"${hint}.`)
  }
  if (kind === 'file' && path.endsWith('.torrent')) {
    const metainfo = await readTorrentFile(path, context.library)
    if (out !== undefined) await checkOutFolder(out)
    return { metainfo, out: out ?? '.', title: path }
  }
  if (out !== undefined) {
    throw new LodestoneError(
      'usage',
      'usage/contradiction',
      '--out goes with a .torrent file, not with a path.',
    )
  }
  const { metainfo, name } = await hashContent(path, {}, context)
  return { metainfo, out: dirname(resolve(path)), title: name }
}

async function serve(
  node: Lodestone,
  content: Content,
  options: SeedOptions,
  context: CommandContext,
): Promise<number> {
  const { maxPeers, peer, tracker, seedChoking, superSeed } = options
  const { output, stop } = context
  const serves = new Promise((resolve) => node.on('seeding', resolve))
  const seeding = new Seeding(node)
  const torrent = node.add(content.metainfo, {
    mode: 'seed',
    out: content.out,
    ...(superSeed ? { superSeed } : {}),
    ...(maxPeers === undefined ? {} : { maxPeers }),
    ...(peer === undefined ? {} : { peers: peer }),
    ...(tracker === undefined ? {} : { trackers: tracker }),
    ...(seedChoking === undefined ? {} : { seedChoking }),
    ...limitsOf(options),
  })
  const unwatch = watchTorrent(node, torrent, content.title, context)
  try {
    const why = (): string => torrent.progress().why
    tellMetadata(torrent.infoHash, await metadataOf(torrent, stop), output)
    await orStopped(serves, stop, why)
    context.resultCame()
    await seeding.go(torrent, torrent.magnet, context)
    return 0
  } finally {
    unwatch()
  }
}

export const seed: CommandDefinition<SeedOptions, 'path'> = {
  name: 'seed',
  summary: 'serve a file, a folder, or what a .torrent file describes',
  positional: { name: 'path', argument: '<path>', text: 'file or folder to serve, or a .torrent file' },
  options: {
    out: {
      kind: 'value',
      argument: '<dir>',
      alias: 'o',
      read: readText,
      otherwise: 'the current folder',
      text: 'with a .torrent file: the folder that holds its content',
    },
    superSeed: {
      kind: 'flag',
      text: 'show each peer only what it is to pass on: for the first seed, which sends little twice',
    },
    ...TRANSFER_OPTIONS,
    ...NETWORK_OPTIONS,
  },
  run,
}
