import { createHash } from 'node:crypto'
import { head } from './head.ts'
import { Html, html, jsonFor } from './html.ts'
import type { PageData } from './page/page-data.ts'
import { pagePlayback } from './page-playback.ts'
import { libraryScript, pageScript } from './page-scripts.ts'
import { playerPanel } from './player-panel.ts'
import { courses, type Figure, MOST_RUNS, scatters, spreads } from './plots.ts'
import { labelsOf, type ReportedRun } from './reported-run.ts'
import { STYLE } from './style.ts'
import { checksTable, flowsTable, metricsTable } from './tables.ts'

interface Section {
  readonly id: string
  readonly title: string
  readonly content: Html
}

/** The whole page about one run or several, which loads nothing from anywhere. */
export function page(runs: readonly ReportedRun[], title: string): string {
  const spread = spreads(runs)
  const course = courses(runs)
  const scatter = scatters(runs)
  const labels = labelsOf(runs)
  // One run's, or two side by side: nobody reads the flows of a sweep one after the other.
  const single = runs.length > 2 ? [] : runs
  const played = single.flatMap(({ playback }, i) => {
    return playback === undefined || playback.hosts.length === 0
      ? []
      : [{ label: labels[i]!, of: pagePlayback(`playback-${i}`, playback), leftOut: playback.leftOut }]
  })
  const talked = single.flatMap(({ flows }, i) => (flows.length === 0 ? [] : [{ label: labels[i]!, flows }]))
  const sections: readonly (Section | undefined)[] = [
    { id: 'checks', title: 'What had to hold', content: checksTable(runs) },
    {
      id: 'metrics',
      title: runs.length === 2 ? 'How the figures differ' : 'What was measured',
      content: metricsTable(runs),
    },
    figures('runs', 'The figures of each run', scatter, runs),
    figures('spreads', 'How values are spread', spread, runs),
    figures('courses', 'How it went over time', course, runs),
    talked.length === 0
      ? undefined
      : {
          id: 'flows',
          title: 'Who talked to whom',
          content: joined(talked.map(({ label, flows }) => flowsTable(flows, flowsCaption(runs, label)))),
        },
    played.length === 0
      ? undefined
      : {
          id: 'playback',
          title: 'The run, played again',
          content: joined(
            played.map(({ label, of, leftOut }) => {
              return html`${runs.length > 1 ? html`<h3>Run ${label}</h3>` : html``}${playerPanel(of, leftOut)}`
            }),
          ),
        },
  ]
  const data: PageData = {
    plots: [...scatter, ...spread, ...course].map(({ plot }) => plot),
    playbacks: played.map(({ of }) => of),
  }
  return assembled(
    runs,
    title,
    sections.filter((section) => section !== undefined),
    data,
  )
}

function flowsCaption(runs: readonly ReportedRun[], label: string): string {
  const run = runs.length > 1 ? `Run ${label}: bytes` : 'Bytes'
  return `${run} of datagrams and streams from the groups on the left to those above; the stronger the shade, the more.`
}

function figures(
  id: string,
  title: string,
  shown: readonly Figure[],
  runs: readonly ReportedRun[],
): Section | undefined {
  if (shown.length === 0) return undefined
  const some = id !== 'runs' && runs.length > MOST_RUNS
  const plots = shown.map(({ plot, title: heading, summary }) => {
    return html`<figure><h3>${heading}</h3><figcaption>${summary}</figcaption>
<div class="plot"><canvas id="${plot.id}" role="img" aria-label="${heading}: ${summary}"></canvas></div></figure>`
  })
  return {
    id,
    title,
    content: html`${some ? html`<p>Only the first ${MOST_RUNS} of the ${runs.length} runs are drawn.</p>` : html``}<div class="plots">${plots}</div>`,
  }
}

function joined(parts: readonly Html[]): Html {
  return new Html(parts.map(({ text }) => text).join('\n'))
}

/**
 * The policy lets nothing run but the two scripts, known by their hashes, and nothing be loaded: a name from somebody's
 * module that got through as HTML would still do nothing.
 */
function assembled(
  runs: readonly ReportedRun[],
  title: string,
  sections: readonly Section[],
  data: PageData,
): string {
  const library = libraryScript()
  const script = pageScript()
  const hashes = [library, script].map(
    (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${hashes.join(' ')}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
${head(runs, title)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${sections.map(({ id, title: name, content }) => html`<section id="${id}"><h2>${name}</h2>${content}</section>`)}
</main>
<footer><h2>The same as files</h2>
<p>Beside this page: <a href="metrics.csv">metrics.csv</a>, <a href="samples.csv">samples.csv</a>, <a href="series.csv">series.csv</a>, <a href="flows.csv">flows.csv</a>, and <a href="run.json">run.json</a>, from which runs can be compared.</p></footer>
<script type="application/json" id="data">${jsonFor(data)}</script>
<script>${new Html(library)}</script>
<script type="module">${new Html(script)}</script>
</body>
</html>
`.text
}
