/**
 * The one error family. `kind` says whose fault it is:
 * - `usage`: the caller's; thrown at once, or as soon as it shows (a file in the way, a file that a torrent does not have).
 * - `remote`: a remote broke a BEP; carries its address and the section.
 * - `timeout`: the result did not come in time.
 * - `storage`: the disk (full, missing, read-only, corrupt).
 * - `network`: a socket could not be had.
 * - `closed`: what was asked had been closed or cancelled.
 */
export type ErrorKind = 'usage' | 'remote' | 'timeout' | 'storage' | 'network' | 'closed'

/** `<room>/<what>`, stable: scripts match on it. */
export type ErrorCode = `${string}/${string}`

export interface ErrorDetails {
  readonly cause?: unknown
  /** `host:port` of the remote concerned. */
  readonly address?: string
  /** The rule that was broken, such as `BEP 9`. */
  readonly section?: string
}

export class LodestoneError extends Error {
  readonly kind: ErrorKind
  readonly code: ErrorCode
  readonly address: string | undefined
  readonly section: string | undefined

  /** `message` is one sentence that says what to do; it is shown to people as it is. */
  constructor(kind: ErrorKind, code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'LodestoneError'
    this.kind = kind
    this.code = code
    this.address = details.address
    this.section = details.section
  }
}

export function usageError(code: ErrorCode, message: string): LodestoneError {
  return new LodestoneError('usage', code, message)
}

export function remoteError(code: ErrorCode, message: string, details: ErrorDetails = {}): LodestoneError {
  return new LodestoneError('remote', code, message, details)
}
