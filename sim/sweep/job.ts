import { createHash } from 'node:crypto'
import { LodestoneError } from '../../src/core/errors.ts'
import type { CodeVersion } from './code-version.ts'

/** A module of the user's: a worker runs it only from the folder that it was started with, and only with this content. */
export interface ModuleReference {
  /** Relative to that folder. */
  readonly file: string
  /** SHA-256 of the file's bytes in hex. What the module imports is not covered. */
  readonly sha256: string
}

/** One run of a sweep as data, so that a thread, a process or another machine can do it. */
export interface Job {
  /** SHA-256 in hex of all that the run's outcome depends on: two jobs with the same identity have the same outcome. */
  readonly identity: string
  readonly scenario: string
  readonly module?: ModuleReference
  readonly values: Readonly<Record<string, number>>
  readonly seed: number
  /** 1: the second run of a job that is run twice, to compare. */
  readonly copy: 0 | 1
}

/** One text for one setting, whatever the order of its values. */
export function settingKey(values: Job['values']): string {
  return JSON.stringify(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function identityOf(
  { scenario, module, values, seed }: Omit<Job, 'identity'>,
  code: CodeVersion,
): string {
  const parts = [scenario, module?.sha256 ?? null, settingKey(values), seed, code.digest, code.node]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Distinguishes the two runs of one identity. Names a job in a queue. */
export function keyOf({ identity, copy }: Pick<Job, 'identity' | 'copy'>): string {
  return copy === 0 ? identity : `${identity}-again`
}

/**
 * A job that came from elsewhere. Throws unless it has the shape of one and the identity that this very program gives it:
 * so a worker with other code never answers for it.
 */
export function readJob(value: unknown, code: CodeVersion): Job {
  if (!isJob(value)) throw new LodestoneError('remote', 'sim/bad-job', 'The queue holds a job that is none.')
  if (value.identity !== identityOf(value, code)) {
    throw new LodestoneError('remote', 'sim/other-code', 'The job is one of another version of this program.')
  }
  return value
}

function isJob(value: unknown): value is Job {
  if (typeof value !== 'object' || value === null) return false
  const { identity, scenario, module, values, seed, copy } = value as Record<keyof Job, unknown>
  return (
    typeof identity === 'string' &&
    typeof scenario === 'string' &&
    (module === undefined || isModuleReference(module)) &&
    isFigures(values) &&
    Number.isSafeInteger(seed) &&
    (seed as number) >= 0 &&
    (copy === 0 || copy === 1)
  )
}

export function isModuleReference(value: unknown): value is ModuleReference {
  if (typeof value !== 'object' || value === null) return false
  const { file, sha256 } = value as Record<keyof ModuleReference, unknown>
  return typeof file === 'string' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
}

/** Numbers by name. */
export function isFigures(value: unknown): value is Readonly<Record<string, number>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === 'number')
  )
}
