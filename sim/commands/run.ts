import process from 'node:process'
import { usageError } from '../../src/core/errors.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { catalogue } from '../experiment/catalogue.ts'
import { type RunResult, runScenario } from '../experiment/run-scenario.ts'
import { resolveValues } from '../experiment/scenario.ts'
import type { Terminal } from './terminal.ts'

/** Between two lines of progress, in milliseconds of wall time. */
const PROGRESS_INTERVAL = 1_000

export interface RunRequest {
  readonly scenario: string
  /** As typed. */
  readonly seed: string
  /** Parameters as typed, by name. */
  readonly given: ReadonlyMap<string, string>
}

/** Runs one scenario; 0 when all its checks hold, 1 when not. Throws a usage error. */
export function run(request: RunRequest, terminal: Terminal): number {
  const scenario = catalogue.find(({ name }) => name === request.scenario)
  if (scenario === undefined) {
    const names = catalogue.map(({ name }) => name).join(', ')
    throw usageError('sim/no-scenario', `There is no scenario ${request.scenario}; there are ${names}.`)
  }
  const seed = /^\d{1,16}$/.test(request.seed) ? Number(request.seed) : Number.NaN
  if (!Number.isSafeInteger(seed))
    throw usageError('sim/bad-seed', '--seed must be a whole number from 0 to 2^53 - 1.')
  const values = resolveValues(scenario, request.given)
  const again = replayCommand(request)
  let result: RunResult
  try {
    result = runScenario(scenario, seed, values, progressOn(terminal))
  } catch (error) {
    const why = error instanceof Error ? `${error.message} (${placeOf(error)})` : String(error)
    terminal.complain(`The run broke off: ${why}. Run it again with: ${again}`)
    return 1
  }
  const wallMs = terminal.at
  const {
    passed,
    metrics,
    checks,
    values: _values,
    samples: _samples,
    series: _series,
    flows: _flows,
    ...head
  } = result
  const peakRss = process.resourceUsage().maxRSS * 1024
  terminal.tell('result', { ...head, wallMs, peakRss, metrics, checks })
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

function replayCommand({ scenario, seed, given }: RunRequest): string {
  const settings = [...given].map(([key, value]) => ` --set ${key}=${value}`)
  return `lodestone-sim run ${scenario} --seed ${seed}${settings.join('')}`
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
