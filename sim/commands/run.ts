import { mkdirSync } from 'node:fs'
import process from 'node:process'
import { usageError } from '../../src/core/errors.ts'
import { loadScenario } from '../experiment/load-scenario.ts'
import { resolveValues, type Size } from '../experiment/parameters.ts'
import { type RunResult, runScenario } from '../experiment/run-scenario.ts'
import { writeReport } from '../look/write-report.ts'
import { Progress } from './progress.ts'
import type { Terminal } from './terminal.ts'

export interface RunRequest {
  readonly scenario: string
  /** As typed. */
  readonly seed: string
  /** Parameters as typed, by name. */
  readonly given: ReadonlyMap<string, string>
  readonly size: Size | undefined
  /** The folder for the report, if one is wanted. */
  readonly report: string | undefined
}

/** Runs one scenario; 0 when all its checks hold, 1 when not. Throws a usage error. */
export async function run(request: RunRequest, terminal: Terminal): Promise<number> {
  const scenario = await loadScenario(request.scenario)
  const seed = /^\d{1,16}$/.test(request.seed) ? Number(request.seed) : Number.NaN
  if (!Number.isSafeInteger(seed))
    throw usageError('sim/bad-seed', '--seed must be a whole number from 0 to 2^53 - 1.')
  const values = resolveValues(scenario, request.given, request.size)
  const again = replayCommand(request)
  if (request.report !== undefined) makeFolder(request.report)
  const progress = new Progress(terminal)
  let eventsSoFar = (): number => 0
  let result: RunResult
  try {
    result = runScenario(scenario, seed, values, {
      progress: (now, text) => progress.tick(now, eventsSoFar(), text),
      watch: ({ scheduler }) => {
        eventsSoFar = () => scheduler.events
      },
      look: request.report !== undefined,
    })
  } catch (error) {
    progress.end()
    const why = error instanceof Error ? `${error.message} (${placeOf(error)})` : String(error)
    terminal.complain(`The run broke off: ${why}. Run it again with: ${again}`)
    return 1
  }
  progress.end()
  const wallMs = terminal.at
  const { passed, scenario: name, digest, virtualMs, events, metrics, checks, pending } = result
  const peakRss = process.resourceUsage().maxRSS * 1024
  if (request.report !== undefined) {
    const page = writeReport(request.report, [{ ...result, wallMs, peakRss, command: again }])
    terminal.tell('report', { page })
    terminal.say(`The report is ${page}`)
  }
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

/** Before the run, which may take an hour. Throws a usage error. */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch {
    throw usageError('sim/no-folder', `The folder ${dir} for the report cannot be made.`)
  }
}

function replayCommand({ scenario, seed, given, size }: RunRequest): string {
  const sized = size === undefined ? '' : ` --size ${size}`
  const settings = [...given].map(([key, value]) => ` --set ${key}=${value}`)
  return `lodestone-sim run ${scenario} --seed ${seed}${sized}${settings.join('')}`
}

/** Where an error was thrown, for whoever mends it. */
function placeOf(error: Error): string {
  return error.stack?.split('\n')[1]?.trim() ?? 'nobody knows where'
}
