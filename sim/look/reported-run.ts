import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../src/core/errors.ts'
import type { RunResult } from '../experiment/run-scenario.ts'

/** A run's result with what is known of the run from outside. Plain data. */
export interface ReportedRun extends RunResult {
  readonly wallMs?: number
  /** Bytes. */
  readonly peakRss?: number
  /** The command that runs it again. */
  readonly command?: string
}

export const RUN_FILE = 'run.json'
const VERSION = 1

/** What `readRuns` reads again. */
export function textOfRuns(runs: readonly ReportedRun[]): string {
  return `${JSON.stringify({ version: VERSION, runs })}\n`
}

/** The runs that a report in `dir` is about. Throws a usage error when there is none. */
export function readRuns(dir: string): readonly ReportedRun[] {
  let read: unknown
  try {
    read = JSON.parse(readFileSync(join(dir, RUN_FILE), 'utf8'))
  } catch {
    throw usageError(
      'sim/no-report',
      `There is no ${RUN_FILE} of a report in ${dir}; run with --report writes one.`,
    )
  }
  const { version, runs } = (read ?? {}) as { version?: unknown; runs?: unknown }
  if (version !== VERSION || !Array.isArray(runs) || runs.length === 0 || !runs.every(isRun)) {
    throw usageError('sim/bad-report', `The ${RUN_FILE} in ${dir} is not of this version of lodestone-sim.`)
  }
  return runs
}

/** Whether it has the parts that a page is made of; their insides are believed. */
function isRun(value: unknown): value is ReportedRun {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map(Object.entries(value))
  const isObject = (name: string): boolean =>
    typeof fields.get(name) === 'object' && fields.get(name) !== null
  return (
    typeof fields.get('scenario') === 'string' &&
    typeof fields.get('seed') === 'number' &&
    ['values', 'metrics', 'samples', 'series'].every(isObject) &&
    ['checks', 'pending', 'flows'].every((name) => Array.isArray(fields.get(name)))
  )
}

/** What each run is called on a page of several. */
export function labelsOf(runs: readonly ReportedRun[]): string[] {
  return runs.map((_run, i) => (runs.length <= 26 ? String.fromCharCode(65 + i) : String(i + 1)))
}
