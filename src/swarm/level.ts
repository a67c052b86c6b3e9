/** How much a piece is wanted: from 0, not at all, to 3; those of a higher level are begun first. */
export type Level = 0 | 1 | 2 | 3

/** Not fetched. */
export const SKIPPED: Level = 0
/** What is wanted and nothing more is said of. */
export const NORMAL: Level = 2
export const HIGHEST: Level = 3
