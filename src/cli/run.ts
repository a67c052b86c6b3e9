import { LodestoneError } from '../index.ts'
import type { Command, CommandContext, Library, PreparedCommand } from './command.ts'
import { parseCommandLine } from './command-line.ts'
import { readConfigFile } from './config-file.ts'
import { openOutput } from './open-output.ts'
import type { Output, TextStream } from './output.ts'
import { SIGNAL_CODES, Stopped } from './stopping.ts'
import { asSentence, clean, formatDuration, withStop } from './text.ts'

/** What a command line needs of the process around it. */
export interface Surroundings {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the start. */
  readonly now: () => number
  /** Calls `tick` each `ms` until the returned function is called. */
  readonly every: (ms: number, tick: () => void) => () => void
  /** Aborted, with a `Stopped` as reason, at the first signal. */
  readonly stop: AbortSignal
  readonly library: Library
  readonly version: string
}

/** Runs one command line and resolves to its exit code; never rejects. */
export async function run(
  args: readonly string[],
  commands: readonly Command[],
  around: Surroundings,
): Promise<number> {
  let prepared: PreparedCommand
  try {
    const ready = await prepare(args, commands, around)
    if (ready === undefined) return 0
    prepared = ready
  } catch (error) {
    // The arguments were not understood, so whether JSON is wanted is all that can be told of them.
    const output = openOutput({ ...around, level: 'error' }, args.includes('--json'), around.env)
    return fail(error, output, around)
  }
  const { options } = prepared
  const level = options.quiet ? 'error' : options.logLevel
  const output = openOutput({ ...around, level }, options.json, around.env)
  try {
    return await withTimeout(options.timeout, output, around, (context) => prepared.run(context))
  } catch (error) {
    return fail(error, output, around, options.timeout)
  } finally {
    output.close()
  }
}

async function prepare(
  args: readonly string[],
  commands: readonly Command[],
  around: Surroundings,
): Promise<PreparedCommand | undefined> {
  const width = Math.min(around.stdout.columns ?? 100, 120)
  const line = await parseCommandLine(args, {
    program: 'lodestone',
    version: around.version,
    commands,
    width,
  })
  if (line.kind === 'text') {
    around.stdout.write(`${line.text}\n`)
    return undefined
  }
  const { command, positional, values } = line
  const { config: file } = values
  const config = typeof file === 'string' ? await readConfigFile(file, command.rows) : {}
  return command.prepare(positional, [values, config])
}

async function withTimeout(
  timeout: number | undefined,
  output: Output,
  around: Surroundings,
  use: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const { every, now, library } = around
  const stop = new AbortController()
  const onStop = (): void => stop.abort(around.stop.reason)
  if (around.stop.aborted) onStop()
  around.stop.addEventListener('abort', onStop)
  const disarm = timeout === undefined ? () => {} : every(timeout, () => stop.abort(new Stopped('timeout')))
  try {
    return await use({ output, stop: stop.signal, resultCame: disarm, every, now, library })
  } finally {
    disarm()
    around.stop.removeEventListener('abort', onStop)
  }
}

/** Shows why it ended: one sentence, never a stack. */
function fail(error: unknown, output: Output, around: Surroundings, timeout?: number): number {
  output.close()
  if (error instanceof Stopped && (error.reason === 'SIGINT' || error.reason === 'SIGTERM')) {
    output.tell({ event: 'stopped', reason: error.reason }, `Stopped by ${error.reason}.`)
    return SIGNAL_CODES[error.reason]
  }
  const { code, message, status } = explain(error, timeout)
  output.log('debug', (error as Error | undefined)?.stack ?? String(error))
  around.stderr.write(`lodestone: ${clean(message)}\n`)
  // With standard output gone there is nobody to tell.
  if (!code.startsWith('output/')) output.tell({ event: 'error', code, message })
  return status
}

interface Explanation {
  readonly code: string
  readonly message: string
  readonly status: number
}

export function explain(error: unknown, timeout?: number): Explanation {
  if (error instanceof LodestoneError) {
    return { code: error.code, message: withStop(error.message), status: error.kind === 'usage' ? 2 : 1 }
  }
  if (error instanceof Stopped) {
    if (error.reason === 'pipe') {
      return { code: 'output/closed', message: 'Nobody reads the output any more, so it ended.', status: 1 }
    }
    if (error.reason === 'output') {
      const message = 'Standard output could not be written, as on a full disk; what was to be there is lost.'
      return { code: 'output/lost', message, status: 1 }
    }
    const waited = timeout === undefined ? '' : ` after ${formatDuration(timeout / 1000)}`
    const why = error.why === '' ? 'the result had not come' : error.why
    return {
      code: 'usage/timeout',
      message: asSentence(`gave up${waited}, as --timeout asks: ${why}`),
      status: 1,
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  const [first = ''] = message.split('\n')
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) {
    return { code: `system/${code.toLowerCase()}`, message: withStop(first), status: 1 }
  }
  return {
    code: 'internal/unexpected',
    message: asSentence(`this should not have happened: ${first}`),
    status: 1,
  }
}
