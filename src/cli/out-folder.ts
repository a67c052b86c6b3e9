import { LodestoneError } from '../index.ts'
import { kindOfPath } from './source.ts'

/** Refuses at once a folder, as given by `option`, that can never hold a torrent's files, with a storage error. A missing one is made later. */
export async function checkOutFolder(path: string, option = '--out'): Promise<void> {
  const kind = await kindOfPath(path)
  if (kind === undefined || kind === 'folder') return
  throw new LodestoneError(
    'storage',
    'storage/unsafe-path',
    `"${path}" is no folder; give ${option} one that is, or is yet to be made.`,
  )
}
