/** Leaving early: by a signal, by `--timeout`, or because the output is read by nobody (`pipe`) or cannot be written (`output`). */

export type StopReason = 'SIGINT' | 'SIGTERM' | 'timeout' | 'pipe' | 'output'

export const SIGNAL_CODES: Readonly<Record<'SIGINT' | 'SIGTERM', number>> = { SIGINT: 130, SIGTERM: 143 }

/** What the command's abort signal carries as its reason. */
export class Stopped extends Error {
  readonly reason: StopReason
  /** What the command was waiting for, one phrase; empty when not known. */
  readonly why: string

  constructor(reason: StopReason, why = '') {
    super(`stopped: ${reason}`)
    this.reason = reason
    this.why = why
  }
}

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** The first signal aborts `stop`, so that the command leaves with its data on disk; the second calls `leave` at once. */
export function watchSignals(
  source: SignalSource,
  stop: AbortController,
  leave: (code: number) => void,
): void {
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    source.on(signal, () => {
      if (asked) leave(SIGNAL_CODES[signal])
      asked = true
      stop.abort(new Stopped(signal))
    })
  }
}

/** Settles with `promise`, or rejects with the reason of `stop` once that fires; `why` names what was waited for. */
export async function orStopped<T>(promise: Promise<T>, stop: AbortSignal, why?: () => string): Promise<T> {
  let onAbort = (): void => {}
  const stopped = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(stop.reason)
    if (stop.aborted) onAbort()
    else stop.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, stopped])
  } catch (error) {
    // Whoever else heard the signal may have failed first, in words that the user need not see.
    if (stop.reason instanceof Stopped) throw new Stopped(stop.reason.reason, why?.())
    throw stop.reason ?? error
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}
