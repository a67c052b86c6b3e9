import type { FileRange } from '../codec/file-ranges.ts'

/** How much a file is wanted: pieces of a higher one are fetched first, in the order of their rarity; `skip`: not at all. */
export type Priority = 'skip' | 'low' | 'normal' | 'high'

/** What is asked of some files of a torrent. */
export interface FileChange {
  /** By their index in the info dictionary, pads included (BEP 53). */
  readonly files: readonly FileRange[]
  /** Absent: that they are wanted, as much as before if they were. */
  readonly priority?: Priority
  /** All others are skipped. */
  readonly alone?: boolean
  /** Files that are not there are passed over, since a link that others have written names them; otherwise they are wrong use. */
  readonly lenient?: boolean
}
