import type { Info } from '../codec/metainfo.ts'
import type { JournalContent } from './journal.ts'

/**
 * Of each file whether a journal knows it as this torrent's: by its mark, or a piece in it. One that did not end on purpose knows them all,
 * since what it has not come to say may be on the disk.
 */
export function knownFiles(
  journal: JournalContent | undefined,
  { files, pieceLength }: Pick<Info, 'files' | 'pieceLength'>,
): readonly boolean[] {
  if (journal === undefined || !journal.clean) return files.map(() => journal !== undefined)
  const { trusted, doubtful, writes, marks } = journal
  return files.map(({ offset, length }, index) => {
    if ((marks.get(index)?.mark ?? 0) !== 0) return true
    const end = offset + length
    for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < end; piece++)
      if (trusted.has(piece) || doubtful.has(piece) || writes.has(piece)) return true
    return false
  })
}
