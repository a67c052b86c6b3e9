import { dirname } from 'node:path'
import { LodestoneError } from '../index.ts'
import { kindOfPath } from './source.ts'

/** Refuses at once what could not be written after minutes of work. Throws a usage error. */
export async function checkFileToWrite(path: string): Promise<void> {
  if ((await kindOfPath(path)) === 'folder') throw badPath(`"${path}" is a folder; name a file to write.`)
  if ((await kindOfPath(dirname(path))) !== 'folder') {
    throw badPath(`The folder of "${path}" does not exist.`)
  }
}

export function badPath(message: string): LodestoneError {
  return new LodestoneError('usage', 'usage/bad-path', message)
}
