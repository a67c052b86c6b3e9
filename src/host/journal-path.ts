import { join } from 'node:path'
import { toHex } from '../core/bytes.ts'
import { nodeCrypto } from './crypto.ts'
import { type FileCalls, systemFiles } from './file-calls.ts'
import { realPath } from './real-path.ts'

/** Where a torrent's journal lies that is downloaded to `root` (absolute): one for each place, however that is spelt. */
export async function journalPath(
  stateFolder: string,
  infoHash: Uint8Array,
  root: string,
  files: FileCalls = systemFiles,
): Promise<string> {
  const place = new TextEncoder().encode(await realPath(files, root))
  const key = toHex(nodeCrypto.sha256(place)).slice(0, 16)
  return join(stateFolder, 'resume', `${toHex(infoHash)}-${key}.journal`)
}
