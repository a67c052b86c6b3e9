import { readFileSync } from 'node:fs'
import { LodestoneError, usageError } from '../../src/core/errors.ts'
import type { Check } from '../experiment/findings.ts'
import { type ReplayResult, replay } from '../recorded/replay.ts'
import type { Terminal } from './terminal.ts'

/** Replays a record; 0 when the same events come out. Throws a usage error. */
export function replayCommand(path: string, terminal: Terminal): number {
  let file: Uint8Array
  try {
    file = readFileSync(path)
  } catch {
    throw usageError('sim/no-file', `The file ${path} cannot be read.`)
  }
  let result: ReplayResult
  try {
    result = replay(file)
  } catch (error) {
    if (error instanceof LodestoneError && error.kind === 'usage') throw error
    const why = error instanceof Error ? error.message : String(error)
    terminal.complain(`The replay broke off: ${why}.`)
    return 1
  }
  const { inputs, events, equal, virtualMs, difference, cut } = result
  const pass = difference === undefined
  const check: Check = { name: 'events as recorded', pass, value: equal, bound: `= ${events}` }
  terminal.tell('result', { inputs, events, virtualMs, wallMs: terminal.at, cut, checks: [check] })
  terminal.say(`${inputs} inputs in ${virtualMs / 1000} s: ${equal} of ${events} events as recorded.`)
  if (cut) terminal.say('The record stopped at its limit of size; the run went on.')
  if (difference !== undefined) {
    const { event, recorded, replayed } = difference
    terminal.complain(
      `Event ${event} differs: recorded ${recorded || 'none'}, replayed ${replayed || 'none'}.`,
    )
  }
  return pass ? 0 : 1
}
