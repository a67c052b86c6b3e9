import type { Check, Flow } from '../experiment/findings.ts'
import { quantile } from '../experiment/findings.ts'
import { type Html, html } from './html.ts'
import { capital, naming, show, showNumber } from './naming.ts'
import { labelsOf, type ReportedRun } from './reported-run.ts'

/** The checks of each run with what they were held against; of many runs, how many each held in. */
export function checksTable(runs: readonly ReportedRun[]): Html {
  if (runs.length > 2) return checksOfMany(runs)
  const labels = labelsOf(runs)
  const rows = runs.flatMap(({ checks, pending }, i) => {
    const row = ({ name, value, bound }: Check, mark: Html): Html => {
      return html`<tr>${runs.length > 1 ? html`<td>${labels[i]!}</td>` : html``}<th scope="row">${name}</th>
<td class="number">${value === null ? 'no value' : showNumber(value)}</td><td class="number">${bound}</td><td>${mark}</td></tr>`
    }
    const judged = checks.map((check) => {
      const mark = check.pass
        ? html`<span class="mark good">✓ holds</span>`
        : html`<span class="mark bad">✗ fails</span>`
      return row(check, mark)
    })
    const waiting = pending.map((check) => {
      return row(check, html`<span class="mark wait">… waits for ${check.waitsFor}</span>`)
    })
    return [...judged, ...waiting]
  })
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr>${runs.length > 1 ? html`<th scope="col">Run</th>` : html``}<th scope="col">What must hold</th>
<th scope="col" class="number">Value</th><th scope="col" class="number">Bound</th><th scope="col">Verdict</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function checksOfMany(runs: readonly ReportedRun[]): Html {
  const all = runs.flatMap(({ checks }) => checks)
  const rows = [...new Set(all.map(({ name }) => name))].map((name) => {
    const checks = all.filter((check) => check.name === name)
    const values = checks.map(({ value }) => value)
    const held = checks.filter(({ pass }) => pass).length
    const bounds = [...new Set(checks.map(({ bound }) => bound))]
    const [mark, sign] = held === checks.length ? ['good', '✓'] : ['bad', '✗']
    return html`<tr><th scope="row">${name}</th>
<td class="number">${showNumber(Math.min(...values))}</td><td class="number">${showNumber(Math.max(...values))}</td>
<td class="number">${bounds.length === 1 ? bounds[0]! : 'its own in each run'}</td>
<td><span class="mark ${mark!}">${sign!} held in ${held} of ${checks.length}</span></td></tr>`
  })
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">What must hold</th><th scope="col" class="number">Least</th>
<th scope="col" class="number">Greatest</th><th scope="col" class="number">Bound</th><th scope="col">Verdict</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

/** Every metric: of one run, of two with their difference, of many with their spread. */
export function metricsTable(runs: readonly ReportedRun[]): Html {
  const names = [...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))]
  const labels = labelsOf(runs)
  const columns =
    runs.length === 1
      ? ['Value']
      : runs.length === 2
        ? [...labels, `${labels[1]} − ${labels[0]}`, 'Change']
        : ['Runs', 'Least', 'Median', 'Greatest']
  const rows = names.map((name) => {
    const named = naming(name)
    const values = runs.map(({ metrics }) => metrics[name])
    const known = values.filter((value) => typeof value === 'number').toSorted((a, b) => a - b)
    const cells =
      runs.length > 2
        ? [
            String(known.length),
            ...[0, 0.5, 1].map((share) => (known.length === 0 ? '' : show(quantile(known, share), named))),
          ]
        : [
            ...values.map((value) => (typeof value === 'number' ? show(value, named) : '')),
            ...(runs.length === 2 ? differenceOf(values[0], values[1], named) : []),
          ]
    return html`<tr><th scope="row">${capital(named.words)}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}<td class="quiet"><code>${name}</code></td></tr>`
  })
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Figure</th>${columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}<th scope="col">Name in the files</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function differenceOf(
  a: number | undefined,
  b: number | undefined,
  named: { unit: string; scale: number },
): string[] {
  if (typeof a !== 'number' || typeof b !== 'number') return ['', '']
  if (a === b) return ['0', 'same']
  const sign = b > a ? '+' : '−'
  const change = a === 0 ? '' : `${sign}${showNumber(Number(Math.abs((100 * (b - a)) / a).toPrecision(3)))} %`
  return [`${sign}${show(Math.abs(b - a), named)}`, change]
}

const LEVELS = 10

/** Who talked to whom: a heat map whose cells say what they show. */
export function flowsTable(flows: readonly Flow[], caption: string): Html {
  const groups = [...new Set(flows.flatMap(({ from, to }) => [from, to]))]
  const most = Math.max(1, ...flows.map(({ bytes }) => bytes))
  const bytes = { unit: ' B', scale: 1 }
  const cell = (from: string, to: string): Html => {
    const between = flows.filter((flow) => flow.from === from && flow.to === to)
    if (between.length === 0) return html`<td class="heat-0">–</td>`
    const sum = between.reduce((a, flow) => a + flow.bytes, 0)
    const datagrams = between.reduce((a, flow) => a + flow.datagrams, 0)
    // The square root, so that small flows beside great ones still differ.
    const level = Math.min(LEVELS - 1, Math.floor(Math.sqrt(sum / most) * LEVELS))
    return html`<td class="heat-${level}">${show(sum, bytes)}<br><span class="quiet">${showNumber(datagrams)} datagrams</span></td>`
  }
  const rows = groups.map((from) => {
    return html`<tr><th scope="row">${from}</th>${groups.map((to) => cell(from, to))}</tr>`
  })
  return html`<div class="scroll" tabindex="0"><table class="heat"><caption>${caption}</caption>
<thead><tr><th scope="col">From \\ to</th>${groups.map((to) => html`<th scope="col" class="number">${to}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}
