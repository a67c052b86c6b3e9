import { relative, resolve } from 'node:path'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { OUTPUT_OPTIONS, type OutputOptions } from '../common-options.ts'
import { badPath, checkTorrentToWrite } from '../file-to-write.ts'
import { hashContent } from '../hash-content.ts'
import { kindOfPath } from '../source.ts'
import { toThousandths } from '../text.ts'
import { readEndpointText, readPieceLength, readText, readTrackerUrl, readWebUrl } from '../values.ts'

export interface CreateOptions extends OutputOptions {
  readonly path: string
  readonly out: string
  readonly pieceLength?: number
  readonly private: boolean
  readonly v2: boolean
  readonly hybrid: boolean
  readonly comment?: string
  readonly node?: readonly string[]
  readonly tracker?: readonly string[]
  readonly webSeed?: readonly string[]
}

async function run(options: CreateOptions, context: CommandContext): Promise<number> {
  const { path, out, pieceLength, comment, node, tracker, webSeed } = options
  if (options.v2 && options.hybrid)
    throw new LodestoneError(
      'usage',
      'usage/both-versions',
      'Give --v2 or --hybrid, not both: a hybrid is of both versions.',
    )
  await checkPaths(path, out, context)
  const created = await hashContent(
    path,
    {
      private: options.private,
      ...(options.v2 ? { version: 'v2' } : {}),
      ...(options.hybrid ? { version: 'hybrid' } : {}),
      ...(pieceLength === undefined ? {} : { pieceLength }),
      ...(comment === undefined ? {} : { comment }),
      ...(node === undefined ? {} : { nodes: node }),
      ...(tracker === undefined ? {} : { trackers: tracker }),
      ...(webSeed === undefined ? {} : { webSeeds: webSeed }),
    },
    context,
  )
  await context.library.saveTorrent(out, created.bytes)
  context.resultCame()
  const { infoHash, v2Hash, magnet, name, length, files } = created
  context.output.answer(
    {
      event: 'done',
      infoHash,
      ...(v2Hash === undefined ? {} : { v2Hash }),
      path: out,
      magnet,
      name,
      length,
      files: files.length,
      pieceLength: created.pieceLength,
      seconds: toThousandths(created.seconds),
    },
    magnet,
  )
  return 0
}

/** Refuses at once what would fail only after minutes of hashing, or spoil the content. */
async function checkPaths(path: string, out: string, { library }: CommandContext): Promise<void> {
  const kind = await kindOfPath(path)
  if (kind === undefined) throw badPath(`There is nothing at "${path}".`)
  const within = relative(resolve(path), resolve(out))
  if (within === '' || (kind === 'folder' && !within.startsWith('..'))) {
    throw badPath(`"${out}" would become part of the content; choose a place outside "${path}".`)
  }
  await checkTorrentToWrite(out, library)
}

export const create: CommandDefinition<CreateOptions, 'path'> = {
  name: 'create',
  summary: 'make a .torrent file of a file or folder',
  positional: { name: 'path', argument: '<path>', text: 'file or folder' },
  options: {
    out: {
      kind: 'value',
      argument: '<file.torrent>',
      alias: 'o',
      read: readText,
      required: true,
      text: 'file to write',
    },
    pieceLength: {
      kind: 'value',
      argument: '<size>',
      read: readPieceLength,
      otherwise: 'by the size of the content',
      text: 'a power of two',
    },
    private: { kind: 'flag', text: 'mark it private: peers are to come from its trackers alone' },
    v2: { kind: 'flag', text: 'of version 2 (BEP 52), which old programs do not read' },
    hybrid: { kind: 'flag', text: 'of both versions: old programs read it, too' },
    comment: { kind: 'value', argument: '<text>', read: readText, otherwise: 'none', text: 'free text' },
    node: {
      kind: 'list',
      argument: '<host:port>',
      read: readEndpointText,
      otherwise: 'none',
      text: 'DHT node to name in it (repeatable)',
    },
    tracker: {
      kind: 'list',
      argument: '<url>',
      read: readTrackerUrl,
      otherwise: 'none',
      text: 'tracker to name in it, each a tier of its own (repeatable)',
    },
    webSeed: {
      kind: 'list',
      argument: '<url>',
      read: readWebUrl,
      otherwise: 'none',
      text: 'web server that has the content (repeatable)',
    },
    ...OUTPUT_OPTIONS,
  },
  run,
}
