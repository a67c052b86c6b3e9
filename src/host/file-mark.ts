import { latin1 } from '../core/bytes.ts'
import { crc32c } from '../core/crc32c.ts'
import type { FoundFile } from './file-calls.ts'

/** Tells a file from what it was before somebody wrote to it or replaced it (`StoragePort.marks`); 0: there is none. */
export function markOf(found: FoundFile | undefined): number {
  // The device is left out: its number may be another after each start of the machine.
  return found === undefined ? 0 : crc32c(latin1(`${found.size} ${found.mtimeMs} ${found.ino}`)) || 1
}
