import type { Check } from '../experiment/findings.ts'
import type { PendingCheck, RunResult } from '../experiment/run-scenario.ts'
import { isFigures, type Job } from './job.ts'

interface RecordHead extends Pick<Job, 'identity' | 'scenario' | 'values' | 'seed' | 'copy'> {
  /** Digest of the code and major version of Node.js that ran it, as in the identity. */
  readonly code: string
  readonly node: number
}

/** What a run brought, checks that failed included: these are results. */
export interface FinishedRecord extends RecordHead {
  readonly outcome: 'passed' | 'failed'
  readonly start: RunResult['start']
  readonly digest: string
  readonly virtualMs: number
  readonly events: number
  readonly metrics: Readonly<Record<string, number>>
  readonly checks: readonly Check[]
  /** Criteria that wait for something, which do not count. */
  readonly pending?: readonly PendingCheck[]
  /** The invariant that was broken, in words. */
  readonly violation?: string
  readonly wallMs: number
  /** Resident memory at most, where the run had a process of its own. */
  readonly peakMiB?: number
}

/** A run that ended twice without a result. It is run again when the sweep is. */
export interface CrashedRecord extends RecordHead {
  readonly outcome: 'crashed'
  readonly error: string
}

/** What came of a job: a line of a sweep's results. */
export type JobRecord = FinishedRecord | CrashedRecord

export function isFinished(record: JobRecord): record is FinishedRecord {
  return record.outcome !== 'crashed'
}

/** Whether two runs of the same identity came out differently, which must never be. */
export function contradicts(a: FinishedRecord, b: FinishedRecord): boolean {
  return a.digest !== b.digest || figuresOf(a) !== figuresOf(b)
}

function figuresOf({ metrics, checks, virtualMs, events }: FinishedRecord): string {
  return JSON.stringify([virtualMs, events, Object.entries(metrics).toSorted(), checks])
}

export function crashOf(job: Job, code: { digest: string; node: number }, error: string): CrashedRecord {
  const { identity, scenario, values, seed, copy } = job
  const head = { identity, scenario, values, seed, copy, code: code.digest, node: code.node }
  return { ...head, outcome: 'crashed', error }
}

/** A record that came from a file or a queue; `undefined` when it is none. */
export function readRecord(value: unknown): JobRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const record = value as Partial<Record<keyof FinishedRecord | keyof CrashedRecord, unknown>>
  const texts = [record.identity, record.scenario, record.code]
  const head =
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(record.seed) &&
    Number.isSafeInteger(record.node) &&
    isFigures(record.values) &&
    (record.copy === 0 || record.copy === 1)
  if (!head) return undefined
  if (record.outcome === 'crashed') return typeof record.error === 'string' ? (value as JobRecord) : undefined
  const finished =
    (record.outcome === 'passed' || record.outcome === 'failed') &&
    typeof record.digest === 'string' &&
    (record.start === 'warm' || record.start === 'joined') &&
    [record.virtualMs, record.events, record.wallMs].every((figure) => typeof figure === 'number') &&
    isFigures(record.metrics) &&
    Array.isArray(record.checks) &&
    record.checks.every(isCheck) &&
    (record.pending === undefined || (Array.isArray(record.pending) && record.pending.every(isCheck)))
  if (!finished) return undefined
  const { checks, pending = [] } = value as FinishedRecord
  return { ...(value as FinishedRecord), checks: checks.map(withoutNull), pending: pending.map(withoutNull) }
}

/** JSON has no `NaN`, which is what a metric that was never set is held against its limits with. */
function withoutNull<C extends Check>(check: C): C {
  return check.value === null ? { ...check, value: Number.NaN } : check
}

function isCheck(value: unknown): value is Check {
  if (typeof value !== 'object' || value === null) return false
  const { name, pass } = value as Partial<Check>
  return typeof name === 'string' && typeof pass === 'boolean'
}
