import { resolve } from 'node:path'
import process from 'node:process'
import { usageError } from '../../src/core/errors.ts'
import { EpochDigests } from '../engine/epoch-digests.ts'
import { describeEvent } from '../engine/trace.ts'
import { loadScenario } from '../experiment/load-scenario.ts'
import { resolveValues } from '../experiment/parameters.ts'
import type { RunOptions, RunResult } from '../experiment/run-scenario.ts'
import type { Scenario } from '../experiment/scenario.ts'
import type { Stage } from '../experiment/stage.ts'
import { type Attempt, attempt } from '../failure/attempt.ts'
import { describeHost, hostState } from '../failure/host-state.ts'
import type { World } from '../hosts/world.ts'
import type { ReportedRun } from '../look/reported-run.ts'
import { writeReport } from '../look/write-report.ts'
import { codeVersion } from '../sweep/code-version.ts'
import { makeFolder } from '../sweep/folder.ts'
import { writeDigests } from './digests-file.ts'
import { Progress } from './progress.ts'
import { commandOf, type RunRequest } from './run-request.ts'
import { refuseBadTestFile, shrink } from './shrink.ts'
import { tellFailure } from './tell-failure.ts'
import type { Terminal } from './terminal.ts'

/** Events of all hosts that are kept, to be shown when something fails: minutes of a small world, moments of a large one. */
const TRACE_LENGTH = 16_384
/** Events that a dump shows. */
const DUMPED_EVENTS = 20

/** Runs one scenario; 0 when all its checks hold, or nothing was wrong up to the event to stop after. Throws a usage error. */
export async function run(request: RunRequest, terminal: Terminal): Promise<number> {
  const scenario = await loadScenario(request.scenario)
  const seed = /^\d{1,16}$/.test(request.seed) ? Number(request.seed) : Number.NaN
  if (!Number.isSafeInteger(seed))
    throw usageError('sim/bad-seed', '--seed must be a whole number from 0 to 2^53 - 1.')
  const values = resolveValues(scenario, request.given, request.size)
  refuseStrangeHosts(request.dump, scenario, values)
  if (request.shrink !== undefined) refuseBadTestFile(request.shrink)
  // The last of what can be refused, for the folder stays; and before the run, which may take an hour.
  if (request.report !== undefined) makeFolder(request.report)
  const progress = new Progress(terminal)
  let world: World | undefined
  let tried: Attempt
  try {
    tried = attempt(scenario, seed, values, {
      ...optionsOf(request, (empty) => {
        world = empty
      }),
      progress: (now, text) => progress.tick(now, world?.scheduler.events ?? 0, text),
    })
  } finally {
    progress.end()
  }
  const { failure, stage, faults, result } = tried
  if (stage !== undefined) dump(stage, request.dump, terminal)
  if (failure !== undefined) tellFailure(failure, request, world, terminal)
  const isWritten = result === undefined || tellResult(result, request, world!, terminal)
  if (failure === undefined) return isWritten ? 0 : 1
  if (request.shrink === undefined) return 1
  return shrink(
    { scenario, source: request.scenario, seed, values, faults, failure },
    request.shrink,
    terminal,
  )
}

/** Throws a usage error when there is no host of one of these numbers. */
function refuseStrangeHosts(
  hosts: readonly number[],
  scenario: Scenario,
  values: Readonly<Record<string, number>>,
): void {
  if (hosts.length === 0) return
  let members: number
  try {
    members = scenario.population(values).reduce((sum, { count }) => sum + count, 0)
  } catch {
    // What is wrong with the scenario is told when it is played.
    return
  }
  const strange = hosts.find((host) => host < 1 || host > members)
  if (strange === undefined) return
  throw usageError('sim/bad-dump', `There is no host ${strange}; there are 1 to ${members}.`)
}

function optionsOf({ until, report }: RunRequest, watch: (world: World) => void): RunOptions {
  return {
    look: report !== undefined,
    unmeasured: until !== undefined,
    watch: (world) => {
      watch(world)
      world.trace.follow(undefined, TRACE_LENGTH)
      if (until !== undefined) world.scheduler.lastEvent = until
      if (report !== undefined) world.scheduler.epochs = new EpochDigests()
    },
  }
}

function dump(stage: Stage, hosts: readonly number[], terminal: Terminal): void {
  for (const host of hosts) {
    const state = hostState(stage, host, DUMPED_EVENTS)
    terminal.tell('node', state)
    for (const line of describeHost(state)) terminal.say(line)
  }
}

/** Whether the report, if one was asked for, could be written. */
function tellResult(result: RunResult, request: RunRequest, world: World, terminal: Terminal): boolean {
  const { scenario, seed, start, digest, virtualMs, events, metrics, checks, pending } = result
  const wallMs = terminal.at
  const peakRss = process.resourceUsage().maxRSS * 1024
  const known = { ...result, wallMs, peakRss, command: commandOf(request) }
  const isWritten = request.report === undefined || report(request.report, known, request, world, terminal)
  terminal.tell('result', {
    scenario,
    seed,
    start,
    digest,
    virtualMs,
    wallMs,
    events,
    peakRss,
    metrics,
    checks,
    pending,
  })
  for (const [name, value] of Object.entries(metrics)) terminal.say(`  ${name} ${value}`)
  for (const { name, pass, value, bound } of checks) {
    terminal.say(`${pass ? 'ok' : 'FAILED'}: ${name} ${value} (${bound})`)
  }
  for (const { name, pass, value, bound, waitsFor } of pending) {
    terminal.say(`${pass ? 'would hold' : 'not yet'}, waits for ${waitsFor}: ${name} ${value} (${bound})`)
  }
  for (const name of result.unasked) terminal.say(`asks nothing with these values: ${name}`)
  if (request.until !== undefined) terminal.say(whereItStopped(request.until, world))
  const perSecond = Math.round(events / Math.max(0.001, wallMs / 1000))
  terminal.say(
    `${virtualMs / 1000} s of virtual time in ${wallMs / 1000} s: ${events} events, ${perSecond} a second; ${start} start; digest ${digest}`,
  )
  return isWritten
}

/** A disk that is full costs the report, not the result. */
function report(
  dir: string,
  run: ReportedRun,
  { scenario }: RunRequest,
  world: World,
  terminal: Terminal,
): boolean {
  try {
    const page = writeReport(dir, [run])
    const source = /\.\w+$/.test(scenario) ? resolve(scenario) : scenario
    const digests = world.scheduler.epochs!.table()
    writeDigests(dir, { scenario: source, digests, code: codeVersion().digest })
    terminal.tell('report', { page })
    terminal.say(`The report is ${page}`)
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    terminal.complain(`The report cannot be written to ${dir}: ${why}`)
    return false
  }
}

function whereItStopped(until: number, { scheduler, trace }: World): string {
  const last = trace.events().at(-1)
  if (scheduler.events < until || last === undefined) return `The run ended before event ${until}.`
  return `Stopped after ${describeEvent(last)}.`
}
