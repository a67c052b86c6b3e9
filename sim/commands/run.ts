import process from 'node:process'
import { usageError } from '../../src/core/errors.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { loadScenario } from '../experiment/load-scenario.ts'
import { resolveValues, type Size } from '../experiment/parameters.ts'
import { type RunResult, runScenario } from '../experiment/run-scenario.ts'
import type { Terminal } from './terminal.ts'

/** Between two lines of progress, in milliseconds of wall time. */
const PROGRESS_INTERVAL = 1_000

export interface RunRequest {
  readonly scenario: string
  /** As typed. */
  readonly seed: string
  /** Parameters as typed, by name. */
  readonly given: ReadonlyMap<string, string>
  readonly size: Size | undefined
}

/** Runs one scenario; 0 when all its checks hold, 1 when not. Throws a usage error. */
export async function run(request: RunRequest, terminal: Terminal): Promise<number> {
  const scenario = await loadScenario(request.scenario)
  const seed = /^\d{1,16}$/.test(request.seed) ? Number(request.seed) : Number.NaN
  if (!Number.isSafeInteger(seed))
    throw usageError('sim/bad-seed', '--seed must be a whole number from 0 to 2^53 - 1.')
  const values = resolveValues(scenario, request.given, request.size)
  const again = replayCommand(request)
  let result: RunResult
  try {
    result = runScenario(scenario, seed, values, { progress: progressOn(terminal) })
  } catch (error) {
    const why = error instanceof Error ? `${error.message} (${placeOf(error)})` : String(error)
    terminal.complain(`The run broke off: ${why}. Run it again with: ${again}`)
    return 1
  }
  const wallMs = terminal.at
  const { passed, scenario: name, digest, virtualMs, events, metrics, checks, pending } = result
  const peakRss = process.resourceUsage().maxRSS * 1024
  const head = { scenario: name, seed, digest, virtualMs, wallMs, events, peakRss }
  terminal.tell('result', { ...head, metrics, checks, pending })
  for (const [name, value] of Object.entries(metrics)) terminal.say(`  ${name} ${value}`)
  for (const { name, pass, value, bound } of checks) {
    terminal.say(`${pass ? 'ok' : 'FAILED'}: ${name} ${value} (${bound})`)
  }
  const perSecond = Math.round(result.events / Math.max(0.001, wallMs / 1000))
  terminal.say(
    `${result.virtualMs / 1000} s of virtual time in ${wallMs / 1000} s: ${result.events} events, ${perSecond} a second; digest ${result.digest}`,
  )
  if (!passed) {
    const failed = checks.filter(({ pass }) => !pass).map(({ name }) => name)
    terminal.complain(`Not as it must be: ${failed.join('; ')}. Run it again with: ${again}`)
  }
  return passed ? 0 : 1
}

function replayCommand({ scenario, seed, given, size }: RunRequest): string {
  const sized = size === undefined ? '' : ` --size ${size}`
  const settings = [...given].map(([key, value]) => ` --set ${key}=${value}`)
  return `lodestone-sim run ${scenario} --seed ${seed}${sized}${settings.join('')}`
}

function progressOn(terminal: Terminal): (now: Micros, text: string) => void {
  let next = PROGRESS_INTERVAL
  return (now, text) => {
    if (terminal.at < next) return
    next = terminal.at + PROGRESS_INTERVAL
    const virtualMs = Math.floor(now / MILLISECOND)
    terminal.tell('progress', { virtualMs, text })
    terminal.say(
      `${(virtualMs / 1000).toFixed(0)} s of virtual time, ${(terminal.at / 1000).toFixed(0)} s of ours: ${text}`,
    )
  }
}

/** Where an error was thrown, for whoever mends it. */
function placeOf(error: Error): string {
  return error.stack?.split('\n')[1]?.trim() ?? 'nobody knows where'
}
