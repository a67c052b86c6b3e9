import { Html, html } from './html.ts'
import { showNumber } from './naming.ts'
import { labelsOf, type ReportedRun } from './reported-run.ts'

/** What ran, how it ended, and what it took. */
export function head(runs: readonly ReportedRun[], title: string): Html {
  const [only] = runs
  if (runs.length > 1 || only === undefined) return ofMany(runs, title)
  return html`<header>
<h1>${title}</h1>
<p>${verdict(only)}</p>
${facts([
  ['Seed', String(only.seed)],
  ['Virtual time', duration(only.virtualMs)],
  ...outer(only),
  ['Events', showNumber(only.events)],
  ['Digest of all events', only.digest],
])}
<h3>Parameters</h3>
${facts(Object.entries(only.values).map(([name, value]) => [name, String(value)]))}
${only.command === undefined ? html`` : html`<p>Run it again with <code>${only.command}</code></p>`}
</header>`
}

function ofMany(runs: readonly ReportedRun[], title: string): Html {
  const labels = labelsOf(runs)
  const names = [...new Set(runs.flatMap(({ values }) => Object.keys(values)))]
  const differing = names.filter((name) => new Set(runs.map(({ values }) => values[name])).size > 1)
  const same = names.filter((name) => !differing.includes(name))
  const digests = new Set(runs.map(({ digest }) => digest))
  const rows = runs.map((run, i) => {
    const [wall] = outer(run)
    return html`<tr><th scope="row">${labels[i]!}</th><td>${run.scenario}</td><td class="number">${run.seed}</td>
${differing.map((name) => html`<td class="number">${String(run.values[name] ?? '')}</td>`)}
<td>${verdict(run)}</td><td class="number">${duration(run.virtualMs)}</td><td class="number">${wall?.[1] ?? ''}</td>
<td class="number">${showNumber(run.events)}</td><td><code>${run.digest}</code></td></tr>`
  })
  return html`<header>
<h1>${title}</h1>
<p>${digests.size === 1 ? 'All runs have one digest: event for event they are the same.' : `${digests.size} different digests.`}</p>
<div class="scroll tall" tabindex="0"><table>
<thead><tr><th scope="col">Run</th><th scope="col">Scenario</th><th scope="col" class="number">Seed</th>
${differing.map((name) => html`<th scope="col" class="number">${name}</th>`)}
<th scope="col">Verdict</th><th scope="col" class="number">Virtual time</th><th scope="col" class="number">Wall time</th>
<th scope="col" class="number">Events</th><th scope="col">Digest</th></tr></thead>
<tbody>${rows}</tbody></table></div>
${same.length === 0 ? html`` : html`<h3>Parameters that agree</h3>${facts(same.map((name) => [name, String(runs[0]?.values[name])]))}`}
</header>`
}

function verdict({ checks, passed, violation }: ReportedRun): Html {
  if (violation !== undefined) {
    const { invariant, text, hosts, at, event } = violation
    return html`<span class="mark bad">✗ broken: ${invariant}</span> ${text} (hosts ${hosts.join(', ')}; at ${duration(at / 1000)}, event ${event})`
  }
  const failed = checks.filter(({ pass }) => !pass).length
  if (!passed) return html`<span class="mark bad">✗ ${failed} of ${checks.length} checks failed</span>`
  return html`<span class="mark good">✓ ${checks.length === 1 ? 'the check holds' : `all ${checks.length} checks hold`}</span>`
}

function outer({ wallMs, peakRss, events }: ReportedRun): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = []
  if (wallMs !== undefined) {
    found.push(['Wall time', duration(wallMs)])
    found.push(['Events a second', showNumber(Math.round(events / Math.max(0.001, wallMs / 1000)))])
  }
  if (peakRss !== undefined) found.push(['Peak memory', `${showNumber(peakRss / 2 ** 20)} MiB`])
  return found
}

function facts(pairs: readonly (readonly [string, string])[]): Html {
  return new Html(
    `<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`.text).join('\n')}</dl>`,
  )
}

/** Milliseconds in the two greatest units that count. */
function duration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 60) return `${showNumber(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`
}
