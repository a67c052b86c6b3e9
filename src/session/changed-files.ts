import type { Info } from '../codec/metainfo.ts'
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
    const last = Math.floor((file.offset + file.length - 1) / pieceLength)
    let isOurs = false
    for (let piece = Math.floor(file.offset / pieceLength); piece <= last; piece++) {
      if ((writes.get(piece) ?? 0) > at) isOurs = true
    }
    if (!isOurs) changed.add(index)
  }
  return changed
}
