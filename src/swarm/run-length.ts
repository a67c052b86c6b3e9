/** Pieces up to this length are hashed in memory, then written once, whole. */
const WHOLE_LIMIT = 4 * 1024 * 1024
/** Longer ones are written in runs of this length as they fill, then hashed from the files, so that none lies in memory whole. */
const RUN_LENGTH = 1024 * 1024

/** The unit in which a piece of `length` bytes is held in memory and written: all of it, or a run. */
export function runOf(length: number): number {
  return length <= WHOLE_LIMIT ? length : RUN_LENGTH
}
