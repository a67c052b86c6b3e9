import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../src/core/errors.ts'
import type { DigestTable } from '../engine/epoch-digests.ts'

const DIGESTS_FILE = 'digests.json'
const VERSION = 1

/** What a report's folder holds for `bisect`. */
export interface RunDigests {
  /** Name in the catalogue, or absolute path of the module. */
  readonly scenario: string
  readonly digests: DigestTable
  /** Digest of the code that ran it; reports of before have none. */
  readonly code?: string
}

export function writeDigests(dir: string, digests: RunDigests): void {
  writeFileSync(join(dir, DIGESTS_FILE), `${JSON.stringify({ version: VERSION, ...digests })}\n`)
}

/** Throws a usage error when there are none. */
export function readDigests(dir: string): RunDigests {
  let read: Partial<RunDigests & { readonly version: number }> | null
  try {
    read = JSON.parse(readFileSync(join(dir, DIGESTS_FILE), 'utf8')) as typeof read
  } catch {
    throw usageError('sim/no-report', `There is no ${DIGESTS_FILE} in ${dir}; run with --report writes one.`)
  }
  const { version, scenario, digests, code } = read ?? {}
  if (version !== VERSION || typeof scenario !== 'string' || !Array.isArray(digests?.rows)) {
    throw usageError(
      'sim/bad-report',
      `The ${DIGESTS_FILE} in ${dir} is not of this version of lodestone-sim.`,
    )
  }
  return { scenario, digests, ...(typeof code === 'string' ? { code } : {}) }
}
