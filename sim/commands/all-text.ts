import type { Check } from '../experiment/findings.ts'
import type { FullRun } from '../experiment/full-runs.ts'
import { isFinished, type JobRecord } from '../sweep/job-record.ts'

/** What came of a run; `undefined`: it did not run. */
export interface Row {
  readonly run: FullRun
  readonly record: JobRecord | undefined
}

const HEAD = [
  'scenario',
  'variation',
  'start',
  'verdict',
  'figures',
  'waits for something',
  'seconds',
  'MiB',
  'code',
]

/** Digits of the code's digest that tell one build from another. */
const CODE_DIGITS = 12

/** A table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |\n`)
    .join('')
}

/** The settings of a run in words. */
export function variationOf({ given }: FullRun): string {
  return Object.entries(given)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

function cellsOf({ run, record }: Row): string[] {
  const head = [run.scenario, variationOf(run)]
  if (record === undefined) return [...head, '', 'not run', '', '', '', '', '']
  const code = record.code.slice(0, CODE_DIGITS)
  if (!isFinished(record)) return [...head, '', `CRASHED: ${record.error}`, '', '', '', '', code]
  const { start, outcome, violation, checks, pending = [], wallMs, peakMiB } = record
  return [
    ...head,
    start,
    violation ?? (outcome === 'passed' ? 'passed' : 'FAILED'),
    checks.map((check) => `${check.pass ? '' : 'FAILED: '}${figureOf(check)}`).join('; '),
    pending
      .map((check) => `${figureOf(check)} ${check.pass ? 'holds' : 'does not hold'}: ${check.waitsFor}`)
      .join('; '),
    (wallMs / 1000).toFixed(1),
    peakMiB === undefined ? '' : String(peakMiB),
    code,
  ]
}

function figureOf({ name, value, bound }: Check): string {
  return `${name} ${value} (${bound})`
}
