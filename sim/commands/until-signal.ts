import process from 'node:process'

const CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Does `body`, whose signal fires at the first SIGINT or SIGTERM, so that it can leave in good order. A second one leaves at
 * once. The exit code of `body`, or that of the signal.
 */
export async function untilSignal(body: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController()
  let code: number | undefined
  const heard = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (code !== undefined) process.exit(code)
    code = CODES[signal]
    stop.abort()
  }
  process.on('SIGINT', heard).on('SIGTERM', heard)
  try {
    const own = await body(stop.signal)
    return code ?? own
  } finally {
    process.off('SIGINT', heard).off('SIGTERM', heard)
  }
}
