import { equalBytes } from '../core/bytes.ts'
import { decodeUtf8, encodeUtf8 } from '../core/utf8.ts'
import type { FileCalls } from './file-calls.ts'
import { journalPath } from './journal-path.ts'

/** "LDM", version 1: no journal begins so. */
const MAGIC: Uint8Array = Uint8Array.of(0x4c, 0x44, 0x4d, 0x01)

/**
 * What stands in a journal's place where a torrent is not, though some of its files may be: in a folder that it is being moved to, until they
 * are all there, and in the one that it was moved from, until they are all gone. It names the folder (absolute) where it is.
 */
export function encodeForwardNote(root: string): Uint8Array {
  const place = encodeUtf8(root)
  const note = new Uint8Array(MAGIC.length + place.length)
  note.set(MAGIC)
  note.set(place, MAGIC.length)
  return note
}

/** The folder; `undefined`: it is no such note. */
export function decodeForwardNote(bytes: Uint8Array): string | undefined {
  if (bytes.length <= MAGIC.length || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return undefined
  return decodeUtf8(bytes.subarray(MAGIC.length))
}

/** Where such a note leads to; `undefined` where that is no journal any more. */
export async function followNote(
  note: Uint8Array,
  stateFolder: string,
  infoHash: Uint8Array,
  files: FileCalls,
): Promise<string | undefined> {
  const root = decodeForwardNote(note)
  if (root === undefined) return undefined
  const path = await journalPath(stateFolder, infoHash, root, files)
  return files.stat(path).then(
    () => root,
    () => undefined,
  )
}
