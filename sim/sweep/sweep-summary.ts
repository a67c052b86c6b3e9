import { settingKey } from './job.ts'
import { contradicts, type FinishedRecord, isFinished, type JobRecord } from './job-record.ts'
import { type Interval, medianInterval } from './median-interval.ts'

/** A metric over the seeds of a setting. */
export interface MetricSummary extends Interval {
  /** Against the first setting, seed by seed; absent there. */
  readonly difference?: Interval
}

export interface SettingSummary {
  readonly values: Readonly<Record<string, number>>
  /** Those of them in which the settings differ. */
  readonly varied: Readonly<Record<string, number>>
  readonly runs: number
  readonly metrics: Readonly<Record<string, MetricSummary>>
  /** Checks that failed somewhere: in how many runs, and with which seed first. */
  readonly failedChecks: Readonly<Record<string, { readonly runs: number; readonly seed: number }>>
}

/** Two runs of one identity that came out differently. */
export interface Contradiction {
  readonly identity: string
  readonly seed: number
  readonly values: Readonly<Record<string, number>>
  readonly digests: readonly [string, string]
}

export interface SweepSummary {
  readonly scenario: string
  readonly passed: number
  readonly failed: number
  readonly crashed: readonly { readonly seed: number; readonly values: object; readonly error: string }[]
  readonly contradictions: readonly Contradiction[]
  readonly settings: readonly SettingSummary[]
}

/** One record for each key that has any; a finished one rather than a crash, and the first of several. */
export function unite(records: readonly JobRecord[]): Map<string, JobRecord> {
  const united = new Map<string, JobRecord>()
  for (const record of records) {
    const key = `${record.identity}/${record.copy}`
    const before = united.get(key)
    if (before === undefined || (!isFinished(before) && isFinished(record))) united.set(key, record)
  }
  return united
}

/** Each identity once whose runs do not agree. */
function contradictionsIn(records: readonly JobRecord[]): Contradiction[] {
  const first = new Map<string, FinishedRecord>()
  const found = new Map<string, Contradiction>()
  for (const record of records.filter(isFinished)) {
    const { identity, seed, values, digest } = record
    const other = first.get(identity)
    if (other === undefined) first.set(identity, record)
    else if (contradicts(other, record) && !found.has(identity)) {
      found.set(identity, { identity, seed, values, digests: [other.digest, digest] })
    }
  }
  return [...found.values()]
}

/** What came of the runs of one scenario with one code. Settings stand in the order of `settings`, the first to compare with. */
export function summarise(
  scenario: string,
  settings: readonly Readonly<Record<string, number>>[],
  records: readonly JobRecord[],
): SweepSummary {
  const runs = [...unite(records).values()]
  const firsts = runs.filter(({ copy }) => copy === 0)
  const bySetting = new Map(settings.map((values) => [settingKey(values), [] as FinishedRecord[]]))
  for (const record of firsts.filter(isFinished)) bySetting.get(settingKey(record.values))?.push(record)
  const groups = [...bySetting.values()]
  const varied = variedIn(settings)
  return {
    scenario,
    passed: firsts.filter(({ outcome }) => outcome === 'passed').length,
    failed: firsts.filter(({ outcome }) => outcome === 'failed').length,
    crashed: runs.flatMap((record) => {
      return isFinished(record) ? [] : [{ seed: record.seed, values: record.values, error: record.error }]
    }),
    contradictions: contradictionsIn(records),
    settings: settings.map((values, index) => {
      const group = groups[index]!
      return {
        values,
        varied: Object.fromEntries(varied.map((key) => [key, values[key]!])),
        runs: group.length,
        metrics: metricsOf(group, index === 0 ? undefined : groups[0]),
        failedChecks: failedChecksOf(group),
      }
    }),
  }
}

/** The names of the values in which `settings` differ. */
function variedIn(settings: readonly Readonly<Record<string, number>>[]): string[] {
  const [first = {}] = settings
  return Object.keys(first).filter((key) => settings.some((values) => values[key] !== first[key]))
}

function metricsOf(
  group: readonly FinishedRecord[],
  reference: readonly FinishedRecord[] | undefined,
): Record<string, MetricSummary> {
  const names = new Set(group.flatMap(({ metrics }) => Object.keys(metrics)))
  const bySeed = new Map(reference?.map((record) => [record.seed, record]))
  const summary: Record<string, MetricSummary> = {}
  for (const name of names) {
    const values = group.flatMap(({ metrics }) => metrics[name] ?? [])
    const differences = group.flatMap(({ seed, metrics }) => {
      const [here, there] = [metrics[name], bySeed.get(seed)?.metrics[name]]
      return here === undefined || there === undefined ? [] : [here - there]
    })
    const difference = differences.length === 0 ? {} : { difference: medianInterval(differences, name) }
    summary[name] = { ...medianInterval(values, name), ...difference }
  }
  return summary
}

function failedChecksOf(group: readonly FinishedRecord[]): Record<string, { runs: number; seed: number }> {
  const failed: Record<string, { runs: number; seed: number }> = {}
  for (const { seed, checks } of group) {
    for (const { name, pass } of checks) {
      if (pass) continue
      const before = failed[name] ?? { runs: 0, seed }
      failed[name] = { runs: before.runs + 1, seed: Math.min(before.seed, seed) }
    }
  }
  return failed
}
