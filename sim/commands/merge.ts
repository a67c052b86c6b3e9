import { usageError } from '../../src/core/errors.ts'
import { mergeResults } from '../sweep/merge-results.ts'
import { readResults, writeResults } from '../sweep/results-file.ts'
import {
  type LackingShard,
  lackingShards,
  readShardedPlans,
  writeShardedPlans,
} from '../sweep/shard-plans.ts'
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

/**
 * Joins the results of shards; 0 when they are all there, none contradicts another and all checks of all runs hold. Throws a
 * usage or a storage error.
 */
export function merge({ dirs = [], report }: MergeArguments, terminal: Terminal): number {
  if (dirs.length === 0)
    throw usageError('sim/no-folder', 'Name at least one folder with results of a sweep.')
  const { records, summaries } = mergeResults(dirs.map(readResults))
  const plans = dirs.flatMap(readShardedPlans)
  const lacking = lackingShards(plans, records)
  let isWritten = true
  if (report !== undefined) {
    writeResults(report, records)
    writeShardedPlans(report, plans)
    isWritten = writeSweepPage(report, records, terminal)
  }
  const whole = summaries.map((summary) => showSummary(summary, summary.scenario, terminal))
  terminal.say(
    `${records.length} runs in ${dirs.length} folders${report === undefined ? '' : `, together in ${report}`}.`,
  )
  for (const shard of lacking) {
    terminal.tell('lacking', shard)
    terminal.complain(wordsOf(shard))
  }
  return isWritten && lacking.length === 0 && whole.every((one) => one) ? 0 : 1
}

function wordsOf({ scenario, shard, shards, jobs, lacking }: LackingShard): string {
  const name = `Shard ${shard}/${shards} of the sweep of ${scenario}`
  return lacking === jobs
    ? `${name} is missing (${jobs} jobs).`
    : `${name} lacks ${lacking} of its ${jobs} jobs.`
}
