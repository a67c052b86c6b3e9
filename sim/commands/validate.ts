import { usageError } from '../../src/core/errors.ts'
import type { Effort, JudgedFigure, JudgedRow, Row, Target } from '../validation/row.ts'
import { isSound, runScoreboard, SCOREBOARD } from '../validation/scoreboard.ts'
import type { Terminal } from './terminal.ts'

export const VALIDATE_OPTIONS = {
  quick: { type: 'boolean', describe: 'only what takes seconds' },
  row: { type: 'string', array: true, requiresArg: true, describe: 'only this row, repeatable' },
} as const

/** The rows of these names, all where none is given. Throws a usage error. */
export function chosenRows(names: readonly string[] = []): readonly Row[] {
  for (const name of names) {
    if (SCOREBOARD.some((row) => row.name === name)) continue
    const known = SCOREBOARD.map((row) => row.name).join(', ')
    throw usageError('sim/no-row', `There is no row ${name}; there are ${known}.`)
  }
  return SCOREBOARD.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** Holds the simulator against what is known; 0 when every row is reproduced, explained or pending. */
export async function validate(
  effort: Effort,
  terminal: Terminal,
  scoreboard: readonly Row[],
): Promise<number> {
  const rows = await runScoreboard(scoreboard, effort, {
    working: ({ name }, text) => {
      terminal.tell('progress', { row: name, text })
      terminal.say(`  ${seconds(terminal.at)} s: ${name}: ${text}`)
    },
    judged: (row) => {
      terminal.tell('row', row)
      for (const line of linesOf(row)) terminal.say(line)
    },
  })
  const count = (status: JudgedRow['status']): number => rows.filter((row) => row.status === status).length
  const counts = {
    rows: rows.length,
    reproduced: count('reproduced'),
    explained: count('explained'),
    missed: count('missed'),
    pending: count('pending'),
    leftOut: count('left out'),
  }
  terminal.tell('validated', { ...counts, wallMs: terminal.at })
  terminal.say(
    `${counts.reproduced} of ${counts.rows} rows reproduced, ${counts.explained} explained, ${counts.missed} missed, ${counts.pending} pending, ${counts.leftOut} left out, in ${seconds(terminal.at)} s`,
  )
  if (isSound(rows)) return 0
  const missed = rows.filter(({ status }) => status === 'missed').map(({ name }) => name)
  terminal.complain(`Not as it is known to be, and nobody knows why: ${missed.join(', ')}.`)
  return 1
}

/** A row for people: its head, its figures, and why it misses. */
function linesOf({ name, claim, source, status, figures, why, waitsFor, failure, ms }: JudgedRow): string[] {
  const waits = waitsFor === undefined ? '' : ` (needs: ${waitsFor})`
  return [
    `${status.toUpperCase()}${waits}: ${name}: ${claim} [${source}] ${seconds(ms)} s`,
    ...(failure === undefined ? [] : [`    could not be measured: ${failure}`]),
    ...figures.map((figure) => `    ${figure.name}: ${figureText(figure)}`),
    ...why.map((text) => `    because: ${text}`),
  ]
}

function figureText({ measured, target, holds, miss }: JudgedFigure): string {
  const verdict = holds ? '' : `, misses by ${(100 * miss).toFixed(1)} %`
  return `${Number(measured.toPrecision(4))}${targetText(target)}${verdict}`
}

function targetText(target: Target): string {
  switch (target.kind) {
    case 'near':
      return ` (${target.value} within ${Number((100 * target.within).toPrecision(3))} %)`
    case 'close':
      return ` (${target.value} within ${target.within})`
    case 'atLeast':
      return ` (at least ${target.value})`
    case 'atMost':
      return ` (at most ${target.value})`
    case 'told':
      return ''
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)
}
