import { basename, dirname, resolve } from 'node:path'
import type { Options } from 'yargs'
import { usageError } from '../../src/core/errors.ts'
import { loadScenario } from '../experiment/load-scenario.ts'
import type { Size } from '../experiment/parameters.ts'
import { codeVersion } from '../sweep/code-version.ts'
import { isFinished, type JobRecord } from '../sweep/job-record.ts'
import { LocalBackend } from '../sweep/local-backend.ts'
import { QueueBackend } from '../sweep/queue-backend.ts'
import { QueueWorker } from '../sweep/queue-worker.ts'
import { openRedis } from '../sweep/redis-queue.ts'
import { ResultsFile, readResults } from '../sweep/results-file.ts'
import { contentOf } from '../sweep/run-job.ts'
import { runSweep, type StopRule, type SweepOptions, type SweepOutcome } from '../sweep/run-sweep.ts'
import { readSeeds, refuseTooManyJobs, type SweepPlan, settingsOf } from '../sweep/sweep-plan.ts'
import { memoryForRuns, readSilence, readWorkers } from './machine.ts'
import { readPairs } from './pairs.ts'
import { writeSweepPage } from './sweep-page.ts'
import { showSummary } from './sweep-text.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'
import { warnOfEviction } from './work.ts'

/** Between two lines of progress, in milliseconds. */
const PROGRESS_INTERVAL = 1_000

export interface SweepArguments {
  readonly scenario?: string
  readonly seeds?: string
  readonly vary?: readonly string[]
  readonly set?: readonly string[]
  readonly size?: Size
  readonly workers?: string
  readonly shard?: string
  readonly queue?: string
  readonly silence?: string
  readonly report?: string
  readonly metric?: string
  readonly untilWidth?: string
}

const text = (describe: string): Options => ({ type: 'string', requiresArg: true, describe })

export const SWEEP_OPTIONS: Readonly<Record<string, Options>> = {
  seeds: { ...text('1-20: every setting is run with each of them'), demandOption: true },
  vary: { ...text('key=v1,v2,...: a setting for each value, and for each combination'), array: true },
  set: { ...text('key=value, the same in all settings'), array: true },
  size: { choices: ['small', 'full'], describe: 'what the scenario sets over its defaults' },
  workers: text('runs at the same time (default: the cores)'),
  shard: text('i/n: run the i-th of n parts, 1 to n; needs --report'),
  queue: text('redis://host:port: share the jobs with `work` on other machines'),
  silence: text('after which a silent worker loses its job to another (default 30s)'),
  report: text('the folder for results.ndjson; what it holds already is not run again'),
  metric: text('whose interval ends the sweep'),
  'until-width': text('ends the sweep when the interval of --metric is this narrow everywhere'),
}

/** Many runs; 0 when all checks of all runs hold, none crashed and those run twice agree. Throws a usage, network or storage error. */
export async function sweep(given: SweepArguments, terminal: Terminal): Promise<number> {
  const { scenario: source = '', report, queue } = given
  const plan = await planOf(given, source)
  const shard = readShard(given.shard)
  const until = readStopRule(given)
  if (shard !== undefined && report === undefined) {
    throw usageError('sim/no-report', 'A shard needs --report, a folder for its results.')
  }
  if (shard !== undefined && until !== undefined) {
    throw usageError('sim/bad-shard', 'A shard does not see the others, so it cannot end by --until-width.')
  }
  const play = queue === undefined ? onThisMachine(given, plan) : await onQueue(queue, given, plan, terminal)
  // The last of what can be refused: a folder stays.
  const results = report === undefined ? undefined : new ResultsFile(report)
  const options = {
    ...(results === undefined ? {} : { results }),
    ...(shard === undefined ? {} : { shard }),
    ...(until === undefined ? {} : { until }),
    told: progressOn(terminal),
  }
  return untilSignal(async (signal) => {
    const { summary, ran, found, seeds } = await play({ ...options, signal })
    if (signal.aborted) {
      terminal.tell('stopped', { ran, found })
      terminal.complain(
        `Stopped after ${ran} jobs.${report === undefined ? '' : ' The same command goes on from there.'}`,
      )
      return 1
    }
    if (plan.module !== undefined && found > 0) {
      terminal.say('Files that the module imports are not looked at: when they change, use another folder.')
    }
    const isWritten = report === undefined || writeSweepPage(report, readResults(report), terminal)
    const whole = showSummary(summary, source, terminal, { ran, found, seeds })
    terminal.say(`${ran} jobs run, ${found} found in ${report ?? 'no folder'}; ${seeds} seeds.`)
    return whole && isWritten ? 0 : 1
  })
}

/** Plays a sweep on what it was made for. */
type Play = (options: Omit<SweepOptions, 'backend'>) => Promise<SweepOutcome>

function onThisMachine({ workers, scenario = '' }: SweepArguments, plan: SweepPlan): Play {
  const modules = plan.module === undefined ? {} : { modules: dirname(resolve(scenario)) }
  const backend = new LocalBackend({
    workers: readWorkers(workers, 1),
    memoryMiB: memoryForRuns(),
    declared: ({ values }) => plan.scenario.memory?.(values),
    ...modules,
  })
  return (options) => runSweep(plan, { ...options, backend })
}

/** This machine works on its own queue too, unless it is told `--workers 0`. */
async function onQueue(
  url: string,
  { workers: typed, silence, scenario = '' }: SweepArguments,
  plan: SweepPlan,
  terminal: Terminal,
): Promise<Play> {
  const workers = readWorkers(typed, 0)
  const modules = plan.module === undefined ? {} : { modules: dirname(resolve(scenario)) }
  const settings = { workers, memoryMiB: memoryForRuns(), silence: readSilence(silence), ...modules }
  const redis = await openRedis(url)
  warnOfEviction(redis.evictionPolicy, terminal)
  return async (options) => {
    const worker = workers === 0 ? undefined : new QueueWorker(redis, settings)
    try {
      return await runSweep(plan, { ...options, backend: new QueueBackend(redis) })
    } finally {
      await worker?.close()
    }
  }
}

async function planOf(
  { seeds = '', set = [], vary = [], size }: SweepArguments,
  source: string,
): Promise<SweepPlan> {
  const scenario = await loadScenario(source)
  const varied = new Map([...readPairs('--vary', vary)].map(([key, values]) => [key, values.split(',')]))
  const settings = settingsOf(scenario, readPairs('--set', set), varied, size)
  const own = /\.\w+$/.test(source)
    ? { module: { file: basename(source), sha256: contentOf(resolve(source)) } }
    : {}
  const plan = { scenario, ...own, seeds: readSeeds(seeds), settings, code: codeVersion() }
  refuseTooManyJobs(plan)
  return plan
}

function readShard(typed: string | undefined): { index: number; count: number } | undefined {
  if (typed === undefined) return undefined
  const [, i, n] = /^(\d{1,6})\/(\d{1,6})$/.exec(typed) ?? []
  const [index, count] = [Number(i), Number(n)]
  if (!(index >= 1 && index <= count))
    throw usageError('sim/bad-shard', '--shard takes i/n, from 1/n to n/n.')
  return { index, count }
}

function readStopRule({ metric, untilWidth }: SweepArguments): StopRule | undefined {
  if (metric === undefined && untilWidth === undefined) return undefined
  const width = /^\d+(\.\d+)?(e[+-]?\d+)?$/.test(untilWidth ?? '') ? Number(untilWidth) : Number.NaN
  if (metric === undefined || !(width >= 0)) {
    throw usageError('sim/bad-width', '--until-width takes a number, and --metric the name of what it is of.')
  }
  return { metric, width }
}

function progressOn(terminal: Terminal): (record: JobRecord, done: number, jobs: number) => void {
  let next = PROGRESS_INTERVAL
  return (record, done, jobs) => {
    const { identity, copy, seed, values, outcome } = record
    const came = isFinished(record)
      ? { digest: record.digest, wallMs: record.wallMs }
      : { error: record.error }
    terminal.tell('job', { identity, copy, seed, values, outcome, ...came })
    if (terminal.at < next) return
    next = terminal.at + PROGRESS_INTERVAL
    terminal.say(`${done} of ${jobs} jobs, ${Math.round(terminal.at / 1000)} s`)
  }
}
