import { usageError } from '../../src/core/errors.ts'
import { mergeResults } from '../sweep/merge-results.ts'
import { readResults, writeResults } from '../sweep/results-file.ts'
import { writeSweepPage } from './sweep-page.ts'
import { showSummary } from './sweep-text.ts'
import type { Terminal } from './terminal.ts'

export interface MergeArguments {
  readonly dirs?: readonly string[]
  readonly report?: string
}

export const MERGE_OPTIONS = {
  report: { type: 'string', requiresArg: true, describe: 'the folder for what they hold together' },
} as const

/** Joins the results of shards; 0 when none contradicts another and all checks of all runs hold. Throws a usage error. */
export function merge({ dirs = [], report }: MergeArguments, terminal: Terminal): number {
  if (dirs.length === 0)
    throw usageError('sim/no-folder', 'Name at least one folder with results of a sweep.')
  const { records, summaries } = mergeResults(dirs.map(readResults))
  if (report !== undefined) {
    writeResults(report, records)
    writeSweepPage(report, records, terminal)
  }
  const whole = summaries.map((summary) => showSummary(summary, summary.scenario, terminal))
  terminal.say(
    `${records.length} runs in ${dirs.length} folders${report === undefined ? '' : `, together in ${report}`}.`,
  )
  return whole.every((one) => one) ? 0 : 1
}
