import { usageError } from '../../src/core/errors.ts'
import { keyOf } from './job.ts'
import { isFinished, type JobRecord } from './job-record.ts'
import type { ResultsFile } from './results-file.ts'
import { noteShardedPlan } from './shard-plans.ts'
import type { SweepBackend } from './sweep-backend.ts'
import { jobsOf, type SweepPlan, shardOf } from './sweep-plan.ts'
import { type SweepSummary, summarise } from './sweep-summary.ts'

/**
 * Between two looks at the intervals. A look after so many seeds, and not after each run, makes the end of a sweep depend on
 * results alone and never on which run was the fastest.
 */
const SEEDS_PER_ROUND = 10

/** Ends a sweep before its last seed once the interval of a metric is this narrow in every setting. */
export interface StopRule {
  readonly metric: string
  readonly width: number
}

export interface SweepOptions {
  readonly backend: SweepBackend
  /** What was there before is not run again, and what comes is added. */
  readonly results?: ResultsFile
  readonly shard?: { readonly index: number; readonly count: number }
  readonly until?: StopRule
  readonly signal: AbortSignal
  /** Told of each record as it comes, with how many of `jobs` there are now. */
  readonly told: (record: JobRecord, done: number, jobs: number) => void
}

export interface SweepOutcome {
  readonly summary: SweepSummary
  /** Jobs run now, second runs included. */
  readonly ran: number
  /** Jobs that had been run before. */
  readonly found: number
  /** Seeds until the intervals were narrow enough, or all. */
  readonly seeds: number
}

/** Runs what is not yet run of a plan. Throws a usage error when the scenario has no such metric to stop by. */
export async function runSweep(plan: SweepPlan, options: SweepOptions): Promise<SweepOutcome> {
  const { backend, results, shard, until, signal, told } = options
  if (results !== undefined && shard !== undefined) {
    noteShardedPlan(results.folder, { ...plan, shards: shard.count })
  }
  const known = recordsByKey(results?.records ?? [])
  const kept: JobRecord[] = []
  const rounds = until === undefined ? [plan.seeds] : inRounds(plan.seeds)
  let [ran, found, seeds] = [0, 0, 0]
  let summary = summarise(plan.scenario.name, plan.settings, [])
  for (const round of rounds) {
    const whole = jobsOf(plan, round)
    const jobs = shard === undefined ? whole : shardOf(whole, shard.index, shard.count)
    const before = jobs.flatMap((job) => known.get(keyOf(job)) ?? [])
    const missing = jobs.filter((job) => !(known.get(keyOf(job)) ?? []).some(isFinished))
    kept.push(...before)
    found += jobs.length - missing.length
    let done = jobs.length - missing.length
    for await (const record of backend.run(missing, signal)) {
      results?.add(record)
      kept.push(record)
      told(record, ++done, jobs.length)
      ran += 1
    }
    if (done < jobs.length && !signal.aborted) throw new Error(`${jobs.length - done} jobs have no record`)
    summary = summarise(plan.scenario.name, plan.settings, kept)
    seeds += round.length
    if (signal.aborted || (until !== undefined && isNarrow(summary, until))) break
  }
  return { summary, ran, found, seeds }
}

function recordsByKey(records: readonly JobRecord[]): Map<string, JobRecord[]> {
  const byKey = new Map<string, JobRecord[]>()
  for (const record of records) {
    const key = keyOf(record)
    byKey.set(key, [...(byKey.get(key) ?? []), record])
  }
  return byKey
}

function inRounds(seeds: readonly number[]): number[][] {
  const rounds: number[][] = []
  for (let at = 0; at < seeds.length; at += SEEDS_PER_ROUND)
    rounds.push(seeds.slice(at, at + SEEDS_PER_ROUND))
  return rounds
}

function isNarrow({ scenario, settings }: SweepSummary, { metric, width }: StopRule): boolean {
  const names = new Set(settings.flatMap(({ metrics }) => Object.keys(metrics)))
  if (names.size > 0 && !names.has(metric)) {
    const known = [...names].join(', ')
    throw usageError('sim/no-metric', `The scenario ${scenario} has no metric ${metric}; it has ${known}.`)
  }
  return settings.every(({ metrics }) => {
    const { low, high } = metrics[metric] ?? {}
    return low !== undefined && high !== undefined && high - low <= width
  })
}
