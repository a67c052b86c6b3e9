import type { ErrorCode } from '../core/errors.ts'
import type { Failure } from '../session/ports.ts'

/** The system's name of an error (`EADDRINUSE`), empty when it has none. */
export function errno(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

const BIND: Record<string, readonly [ErrorCode, string]> = {
  EADDRINUSE: ['network/port-taken', 'is taken by another program'],
  EADDRNOTAVAIL: ['network/no-address', 'is not an address of this machine'],
  EAFNOSUPPORT: ['network/no-address', 'is of a family that this machine does not have'],
  ENODEV: ['network/no-address', 'finds no interface that has multicast'],
  EACCES: ['network/denied', 'may not be used without more rights'],
  EPERM: ['network/denied', 'may not be used without more rights'],
  EMFILE: ['network/failed', 'needs a descriptor and none is left (raise `ulimit -n`)'],
}

/** Why `what` ("UDP 127.0.0.1:6881") could not be bound. */
export function bindFailure(error: unknown, what: string): Failure {
  const [code, reason] = BIND[errno(error)] ?? ['network/failed', `failed (${errno(error) || String(error)})`]
  return { code, message: `${what} ${reason}.` }
}

const STREAM: Record<string, ErrorCode> = {
  ECONNREFUSED: 'network/refused',
  ECONNRESET: 'network/reset',
  ECONNABORTED: 'network/reset',
  EPIPE: 'network/reset',
  ETIMEDOUT: 'network/timeout',
}

/** Why a stream ended. */
export function streamReason(error: unknown): ErrorCode {
  return STREAM[errno(error)] ?? 'network/failed'
}
