import { LodestoneError, usageError } from '../../src/core/errors.ts'
import type { Check } from '../experiment/findings.ts'
import { describeSession } from '../failure/session-state.ts'
import { type ReplayResult, replay } from '../recorded/replay.ts'
import { readRecordFile } from './record-file.ts'
import type { Terminal } from './terminal.ts'

export interface ReplayRequest {
  readonly file: string
  /** The number of the recorded event to stop after, from 0. */
  readonly until: number | undefined
  /** Numbers of nodes whose state is printed in the end; a record has one, 0. */
  readonly dump: readonly number[]
}

/** Replays a record; 0 when the same events come out. Throws a usage error. */
export function replayCommand({ file: path, until, dump }: ReplayRequest, terminal: Terminal): number {
  if (dump.some((node) => node !== 0)) {
    throw usageError('sim/bad-dump', 'A recorded run has one node, which --dump names node=0.')
  }
  const file = readRecordFile(path)
  let result: ReplayResult
  try {
    result = replay(file, until)
  } catch (error) {
    if (error instanceof LodestoneError && error.kind === 'usage') throw error
    const why = error instanceof Error ? error.message : String(error)
    terminal.complain(`The replay broke off: ${why}.`)
    return 1
  }
  const { inputs, events, equal, virtualMs, difference, cut, torn, state, last } = result
  for (const node of dump) {
    terminal.tell('node', { node, ...state, last })
    for (const line of [...describeSession(state), ...last]) terminal.say(`  ${line}`)
  }
  const pass = difference === undefined
  const check: Check = { name: 'events as recorded', pass, value: equal, bound: `= ${events}` }
  terminal.tell('result', { inputs, events, virtualMs, wallMs: terminal.at, cut, torn, checks: [check] })
  const ending = torn ? '; the record ends in the middle of a run' : ''
  terminal.say(
    `${inputs} inputs in ${virtualMs / 1000} s: ${equal} of ${events} events as recorded${ending}.`,
  )
  if (cut) terminal.say('The record stopped at its limit of size; the run went on.')
  if (difference !== undefined) {
    const { event, recorded, replayed } = difference
    terminal.complain(
      `Event ${event} differs: recorded ${recorded || 'none'}, replayed ${replayed || 'none'}. Look at it with: lodestone-sim replay ${path} --until ${event} --dump node=0`,
    )
  }
  return pass ? 0 : 1
}
