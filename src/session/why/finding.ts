import type { FindingCode } from './finding-table.ts'

export type { FindingCode }

/** Something that limits a torrent, or that nothing does (`as-fast-as-peers`). */
export interface Finding {
  /** Stable: scripts match on it. */
  readonly code: FindingCode
  /** How much of the last ten seconds went to it, 0 to 1; 0: it does not cost time now, but is worth knowing. */
  readonly share: number
  /** What it is, short. */
  readonly phrase: string
  /** One sentence: what it is, and what to do. */
  readonly message: string
  /** The figures that it rests on; `seconds` of `window` went to it. */
  readonly evidence: Readonly<Record<string, number>>
}

/** Where the time of a torrent went since it was added, while it wanted something: the longest first. */
export type Spent = readonly { readonly code: FindingCode; readonly seconds: number }[]
