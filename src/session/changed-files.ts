import type { FileEntry, Info } from '../codec/metainfo.ts'
import type { JournalContent } from './journal.ts'

/** The files that somebody else has changed: those whose mark is another than that noted when they were last written to. */
export function changedFiles(
  { marks, writes }: Pick<JournalContent, 'marks' | 'writes'>,
  now: readonly number[],
  { files, pieceLength }: Pick<Info, 'files' | 'pieceLength'>,
): ReadonlySet<number> {
  const changed = new Set<number>()
  for (const [index, { mark, at }] of marks) {
    const file = files[index]
    if (file === undefined || file.length === 0 || mark === now[index]) continue
    if (lastWrite(writes, file, pieceLength) <= at) changed.add(index)
  }
  return changed
}

/** The number of the last record that says of a piece in this file that it is being written; 0: there is none. */
export function lastWrite(
  writes: JournalContent['writes'],
  { offset, length }: Pick<FileEntry, 'offset' | 'length'>,
  pieceLength: number,
): number {
  let last = 0
  for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < offset + length; piece++)
    last = Math.max(last, writes.get(piece) ?? 0)
  return last
}
