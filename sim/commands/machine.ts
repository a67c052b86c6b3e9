import { availableParallelism, totalmem } from 'node:os'
import process from 'node:process'
import { usageError } from '../../src/core/errors.ts'

/** The rest is for everything else on the machine. */
const SHARE_OF_MEMORY = 0.7

/** What all runs together may take of this machine, or of the container that is all it has. */
export function memoryForRuns(): number {
  const constrained = process.constrainedMemory()
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return Math.floor((bytes * SHARE_OF_MEMORY) / 2 ** 20)
}

/** `--workers` as typed; as many as there are cores when it is not. Throws a usage error. */
export function readWorkers(text: string | undefined, fewest: number): number {
  if (text === undefined) return availableParallelism()
  const workers = /^\d{1,4}$/.test(text) ? Number(text) : -1
  if (workers < fewest) throw usageError('sim/bad-workers', `--workers takes a whole number from ${fewest}.`)
  return workers
}

/** `90s`, `5m`, a bare number of seconds; in milliseconds. Throws a usage error. */
export function readSilence(text: string | undefined): number {
  if (text === undefined) return 30_000
  const match = /^(\d{1,5}(?:\.\d+)?)([smh]?)$/.exec(text)
  const ms = Number(match?.[1]) * { '': 1, s: 1, m: 60, h: 3600 }[match?.[2] as 's'] * 1000
  if (!(ms >= 500))
    throw usageError('sim/bad-silence', '--silence takes a time such as 30s or 2m, at least 0.5s.')
  return Math.round(ms)
}
