import type { Interval } from '../sweep/median-interval.ts'
import type { SettingSummary, SweepSummary } from '../sweep/sweep-summary.ts'
import { quoted } from './run-request.ts'
import type { Terminal } from './terminal.ts'

/**
 * Shows what came of a sweep, in lines for people and as one line of JSON, with `more` in it; whether all is as it must be.
 * `source` is the name or path by which `run` finds the scenario.
 */
export function showSummary(
  summary: SweepSummary,
  source: string,
  terminal: Terminal,
  more: object = {},
): boolean {
  const { scenario, passed, failed, crashed, contradictions, settings } = summary
  terminal.tell('summary', { ...summary, ...more })
  const names = new Set(settings.flatMap(({ metrics }) => Object.keys(metrics)))
  for (const name of names) {
    terminal.say(`${name}: median [95 % of it]`)
    for (const row of aligned(settings.flatMap((setting) => rowOf(setting, name, settings[0]!))))
      terminal.say(`  ${row}`)
  }
  for (const { values, runs, failedChecks } of settings) {
    for (const [check, { runs: wrong, seed }] of Object.entries(failedChecks)) {
      terminal.complain(
        `FAILED in ${wrong} of ${runs} runs: ${check}. The first: lodestone-sim run ${quoted(source)} --seed ${seed}${asOptions(values)}`,
      )
    }
  }
  for (const { seed, values, error } of crashed) {
    terminal.complain(`CRASHED twice: seed ${seed}${asOptions(values)}: ${error}`)
  }
  for (const { identity, seed, values, digests } of contradictions) {
    terminal.complain(
      `CONTRADICTION: two runs of ${identity} (seed ${seed}${asOptions(values)}) have the digests ${digests.join(' and ')}`,
    )
  }
  terminal.say(
    `${scenario}: ${passed} passed, ${failed} failed, ${crashed.length} crashed, ${contradictions.length} contradict.`,
  )
  return failed === 0 && crashed.length === 0 && contradictions.length === 0
}

function rowOf(setting: SettingSummary, name: string, first: SettingSummary): string[][] {
  const metric = setting.metrics[name]
  if (metric === undefined) return []
  const label = nameOf(setting)
  const own = [label, intervalText(metric, ''), `of ${metric.runs}`]
  const { difference } = metric
  return [
    difference === undefined ? own : [...own, `${intervalText(difference, '+')} against ${nameOf(first)}`],
  ]
}

function nameOf({ varied }: SettingSummary): string {
  const pairs = Object.entries(varied).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? 'all' : pairs.join(' ')
}

function intervalText({ median, low, high }: Interval, plus: '' | '+'): string {
  const figure = (value: number): string => `${value > 0 ? plus : ''}${Number(value.toPrecision(6))}`
  return low === undefined || high === undefined
    ? figure(median)
    : `${figure(median)} [${figure(low)}, ${figure(high)}]`
}

/** Columns under each other. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  )
}

function asOptions(values: object): string {
  return Object.entries(values)
    .map(([key, value]) => ` --set ${key}=${value}`)
    .join('')
}
