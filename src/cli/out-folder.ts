import { dirname } from 'node:path'
import { badPath } from './file-to-write.ts'
import { kindOfPath } from './source.ts'

/**
 * Refuses at once a folder, as given by `option`, that can never hold a torrent's files, since something else stands there or on the way to it.
 * A missing one is made later. Throws a usage error.
 */
export async function checkOutFolder(path: string, option = '--out'): Promise<void> {
  for (let at = path; ; at = dirname(at)) {
    const kind = await kindOfPath(at)
    if (kind === 'folder' || (kind === undefined && dirname(at) === at)) return
    if (kind !== undefined)
      throw badPath(`"${at}" is no folder; give ${option} one that is, or is yet to be made.`)
  }
}
