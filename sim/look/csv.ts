import { labelsOf, type ReportedRun } from './reported-run.ts'

type Row = readonly (string | number)[]

/** The tables of a report, by the name of their file; one row a value, the run first. */
export function csvFiles(runs: readonly ReportedRun[]): Readonly<Record<string, string>> {
  const labels = labelsOf(runs)
  const rows = (of: (run: ReportedRun) => readonly Row[]): Row[] => {
    return runs.flatMap((run, i) => of(run).map((row) => [labels[i]!, ...row]))
  }
  return {
    'metrics.csv': table(
      ['run', 'scenario', 'seed', 'metric', 'value'],
      rows(({ scenario, seed, metrics }) => {
        return Object.entries(metrics).map(([name, value]) => [scenario, seed, name, value])
      }),
    ),
    'samples.csv': table(
      ['run', 'sample', 'value'],
      rows(({ samples }) => {
        return Object.entries(samples).flatMap(([name, values]) => values.map((value) => [name, value]))
      }),
    ),
    'series.csv': table(
      ['run', 'series', 'seconds', 'value'],
      rows(({ series }) => {
        return Object.entries(series).flatMap(([name, points]) => points.map((point) => [name, ...point]))
      }),
    ),
    'flows.csv': table(
      ['run', 'from', 'to', 'datagrams', 'bytes'],
      rows(({ flows }) => flows.map(({ from, to, datagrams, bytes }) => [from, to, datagrams, bytes])),
    ),
  }
}

/** As in RFC 4180. */
function table(head: readonly string[], rows: readonly Row[]): string {
  const lines = [head, ...rows].map((row) => row.map(cell).join(','))
  return `${lines.join('\r\n')}\r\n`
}

function cell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
