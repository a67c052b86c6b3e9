import { type ErrorCode, LodestoneError } from '../core/errors.ts'
import type { Failure } from '../session/ports.ts'
import { errno } from './network-failure.ts'

const KNOWN: Record<string, readonly [ErrorCode, string]> = {
  ENOSPC: ['storage/full', 'The disk is full: free some space for'],
  EDQUOT: ['storage/full', 'The disk quota is used up: free some space for'],
  EFBIG: ['storage/full', 'The file system takes no file as long as'],
  EROFS: ['storage/read-only', 'The file system is read-only at'],
  EACCES: ['storage/denied', 'Permission is denied for'],
  EPERM: ['storage/denied', 'Permission is denied for'],
  ENOENT: ['storage/missing', 'There is no'],
  EMFILE: ['storage/too-many-files', 'Too many files are open (raise `ulimit -n`) to open'],
  ENFILE: ['storage/too-many-files', 'Too many files are open in the system to open'],
  ELOOP: ['storage/unsafe-path', 'A symbolic link is in the way at'],
  ENOTDIR: ['storage/unsafe-path', 'A file stands where a folder should be in'],
  EEXIST: ['storage/unsafe-path', 'A file stands where a folder should be at'],
  EISDIR: ['storage/unsafe-path', 'A folder stands where a file should be at'],
}

/** A system error at `path` as one of the family; one of the family as it is. */
export function storageError(error: unknown, path: string): LodestoneError {
  if (error instanceof LodestoneError) return error
  const known = KNOWN[errno(error)]
  if (known !== undefined) {
    return new LodestoneError('storage', known[0], `${known[1]} ${path}.`, { cause: error })
  }
  const detail = errno(error) || String(error)
  return new LodestoneError('storage', 'storage/io', `Reading or writing ${path} failed (${detail}).`, {
    cause: error,
  })
}

/** For `catch`: throws the system's error as one of the family. */
export function failAt(path: string): (error: unknown) => never {
  return (error) => {
    throw storageError(error, path)
  }
}

/** A file of a torrent that was there is not as it was: `why` ends the sentence. */
export function missingFile(path: string, why: string): LodestoneError {
  return new LodestoneError('storage', 'storage/missing', `${path} ${why}.`)
}

/** A system error of a file that the program keeps for itself: `state/...`, so that nobody takes it for one of the content. */
export function stateError(error: unknown, path: string): LodestoneError {
  if (error instanceof LodestoneError) return error
  const { code, message } = storageError(error, path)
  const own: ErrorCode = `state/${code.slice(code.indexOf('/') + 1)}`
  return new LodestoneError('storage', own, `${message.slice(0, -1)}; --state names another place for it.`, {
    cause: error,
  })
}

/** What is asked of a store after its close. */
export function storeClosed(): LodestoneError {
  return new LodestoneError('closed', 'storage/closed', 'The store is closed.')
}

/** As a port reports it; errors outside the family name `path`. */
export function storageFailure(error: unknown, path: string): Failure {
  const { code, message } = storageError(error, path)
  return { code, message }
}
