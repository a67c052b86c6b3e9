import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from 'yargs'
import { usageError } from '../../src/core/errors.ts'
import { catalogue } from '../experiment/catalogue.ts'
import { type FullRun, fullRuns } from '../experiment/full-runs.ts'
import { resolveValues, type Size } from '../experiment/parameters.ts'
import { codeVersion } from '../sweep/code-version.ts'
import { identityOf, type Job } from '../sweep/job.ts'
import { isFinished, type JobRecord } from '../sweep/job-record.ts'
import { LocalBackend } from '../sweep/local-backend.ts'
import { THREAD_MIB } from '../sweep/placement.ts'
import { ResultsFile } from '../sweep/results-file.ts'
import { storing } from '../sweep/storing.ts'
import { tableOf, variationOf } from './all-text.ts'
import { memoryForRuns, readWorkers } from './machine.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

export interface AllArguments {
  readonly size?: Size
  readonly only?: readonly string[]
  readonly workers?: string
  readonly report?: string
}

export const ALL_OPTIONS: Readonly<Record<string, Options>> = {
  size: { choices: ['small', 'full'], default: 'full', describe: 'what scenarios set over their defaults' },
  only: { type: 'string', array: true, requiresArg: true, describe: 'a scenario; default: all' },
  workers: { type: 'string', requiresArg: true, describe: 'runs at the same time (default: the cores)' },
  report: {
    type: 'string',
    requiresArg: true,
    describe: 'the folder for results.ndjson and results.md; what it holds already is not run again',
  },
}

const SEED = 1
const TABLE_FILE = 'results.md'

/** Every scenario, each run in a process of its own; 0 when all checks of all runs hold. Throws a usage or a storage error. */
export function all(given: AllArguments, terminal: Terminal): Promise<number> {
  const { size = 'full', only, workers: typed, report } = given
  const strange = only?.find((name) => !catalogue.some((scenario) => scenario.name === name))
  if (strange !== undefined) throw usageError('sim/no-scenario', `There is no scenario ${strange}.`)
  const runs = fullRuns.filter(({ scenario }) => only === undefined || only.includes(scenario))
  const jobs = new Map(runs.map((run) => [run, jobOf(run, size)]))
  const workers = readWorkers(typed, 1)
  const memoryMiB = memoryForRuns()
  const share = Math.max(THREAD_MIB + 1, Math.floor(memoryMiB / workers))
  const results = report === undefined ? undefined : new ResultsFile(report)
  const records = new Map<string, JobRecord>()
  for (const record of results?.records ?? []) if (isFinished(record)) records.set(record.identity, record)
  const missing = [...jobs.values()].filter(({ identity }) => !records.has(identity))
  const found = runs.length - missing.length
  if (found > 0) terminal.say(`${found} of ${runs.length} runs were found in ${report}.`)
  return untilSignal(async (signal) => {
    const backend = new LocalBackend({ workers, memoryMiB, declared: () => share })
    for await (const record of backend.run(missing, signal)) {
      results?.add(record)
      records.set(record.identity, record)
      tellOf(record, [...jobs].find(([, { identity }]) => identity === record.identity)![0], terminal)
    }
    const rows = runs.map((run) => ({ run, record: records.get(jobs.get(run)!.identity) }))
    const table = tableOf(rows)
    for (const line of table.trimEnd().split('\n')) terminal.say(line)
    if (report !== undefined) {
      const path = join(report, TABLE_FILE)
      storing(path, () => writeFileSync(path, table))
    }
    const passed = rows.filter(({ record }) => record?.outcome === 'passed').length
    terminal.tell('all', { size, runs: rows.length, passed })
    terminal.say(`${passed} of ${rows.length} runs passed.`)
    return passed === rows.length ? 0 : 1
  })
}

function jobOf({ scenario: name, given }: FullRun, size: Size): Job {
  const scenario = catalogue.find((one) => one.name === name)!
  const values = resolveValues(scenario, new Map(Object.entries(given)), size)
  const job = { scenario: name, values, seed: SEED, copy: 0 } as const
  return { ...job, identity: identityOf(job, codeVersion()) }
}

function tellOf(record: JobRecord, run: FullRun, terminal: Terminal): void {
  const { scenario, outcome } = record
  const took = isFinished(record) ? { wallMs: record.wallMs, digest: record.digest } : { error: record.error }
  terminal.tell('job', { scenario, variation: run.given, outcome, ...took })
  const seconds = isFinished(record) ? ` in ${(record.wallMs / 1000).toFixed(1)} s` : ''
  terminal.say(`${[scenario, variationOf(run)].join(' ').trimEnd()}: ${outcome}${seconds}`)
}
