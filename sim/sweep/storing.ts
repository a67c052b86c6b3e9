import { LodestoneError } from '../../src/core/errors.ts'

/** Does `write`, which writes `path`. Throws a storage error when that fails: the disk is full, or gone. */
export function storing(path: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LodestoneError('storage', 'sim/not-stored', `${path} cannot be written (${why}).`, { cause })
  }
}
