/** What the user names a torrent by. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Metainfo, TorrentInput } from '../index.ts'
import { LodestoneError } from '../index.ts'
import type { Library } from './command.ts'

export type Source =
  | { readonly kind: 'link'; readonly input: string; readonly title: string }
  /** A torrent that changes (BEP 46). */
  | { readonly kind: 'item'; readonly input: string; readonly title: string }
  | { readonly kind: 'file'; readonly input: Metainfo & TorrentInput; readonly title: string }

const INFO_HASH = /^(?:[0-9a-f]{40}|[a-z2-7]{32})$/i

/** Whether `text` is a bare info-hash: 40 hex or 32 base32 digits. */
export function isInfoHash(text: string): boolean {
  return INFO_HASH.test(text)
}

export function isMagnet(text: string): boolean {
  return /^magnet:/i.test(text)
}

/** Whether `text` is a magnet link that names a key, whose item in the DHT names the torrent (BEP 46). */
function isItemLink(text: string): boolean {
  return isMagnet(text) && /[?&]xs=urn:btpk:/i.test(text) && !/[?&]xt(?:\.\d+)?=/i.test(text)
}

/** The argument of commands that take any source. */
export const SOURCE = {
  name: 'source',
  argument: '<source>',
  text: 'magnet link (in quotes), info-hash, or path of a .torrent file',
} as const

/** A magnet link, an info-hash or the path of a `.torrent`; throws a usage error for anything else. */
export async function readSource(text: string, library: Library): Promise<Source> {
  if (isItemLink(text)) {
    library.parseItemLink(text)
    return { kind: 'item', input: text, title: 'torrent of the day' }
  }
  if (isMagnet(text)) {
    const magnet = library.parseMagnet(text)
    return { kind: 'link', input: text, title: magnet.name ?? 'magnet link' }
  }
  if (isInfoHash(text)) return { kind: 'link', input: text, title: text.toLowerCase() }
  const kind = await kindOfPath(text)
  if (kind === undefined) {
    throw bad(`"${text}" is neither a magnet link, nor an info-hash, nor an existing .torrent file`)
  }
  if (kind === 'folder') throw bad(`"${text}" is a folder where a .torrent file is expected`)
  return { kind: 'file', input: await readTorrentFile(text, library), title: basename(text) }
}

/** The metainfo at `path`; a file that is none is the user's mistake, whatever is wrong inside. */
export async function readTorrentFile(path: string, library: Library): Promise<Metainfo> {
  try {
    return await library.readTorrent(path)
  } catch (error) {
    if (!(error instanceof LodestoneError) || error.kind !== 'remote') throw error
    throw bad(`"${path}" is not a usable .torrent file: ${error.message.replace(/\.$/, '')}`)
  }
}

/** What is at `path`; undefined: nothing that can be reached. */
export async function kindOfPath(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) return 'folder'
    return found.isFile() ? 'file' : 'other'
  } catch {
    return undefined
  }
}

function bad(what: string): LodestoneError {
  return new LodestoneError('usage', 'usage/bad-source', `${what}.`)
}
