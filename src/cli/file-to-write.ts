import { dirname } from 'node:path'
import { LodestoneError } from '../index.ts'
import type { Library } from './command.ts'
import { kindOfPath } from './source.ts'

/** Refuses at once what could not be written after minutes of work, or would be lost. Throws a usage error. */
export async function checkTorrentToWrite(path: string, library: Library): Promise<void> {
  const kind = await kindOfPath(path)
  if (kind === 'folder') throw badPath(`"${path}" is a folder; name a file to write.`)
  if (kind === 'other') throw badPath(`"${path}" is not an ordinary file; name another to write.`)
  if (kind === 'file') await requireTorrent(path, library)
  if ((await kindOfPath(dirname(path))) !== 'folder') {
    throw badPath(`The folder of "${path}" does not exist.`)
  }
}

async function requireTorrent(path: string, library: Library): Promise<void> {
  try {
    await library.readTorrent(path)
  } catch (error) {
    if (!(error instanceof LodestoneError)) throw error
    throw badPath(`"${path}" exists and is no .torrent file; it stays as it is, so name another.`)
  }
}

export function badPath(message: string): LodestoneError {
  return new LodestoneError('usage', 'usage/bad-path', message)
}
