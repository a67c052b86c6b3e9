import { writeFileSync } from 'node:fs'
import { libraryScript } from '../../../sim/look/page-scripts.ts'
import type { Point } from '../process-watch.ts'

/** Rate is the mean of so many points: a tenth of a second by itself says more of the machine than of the program. */
const SMOOTHED = 5

/** Writes a page with one plot, rate and memory over time of a download, which loads nothing from anywhere. */
export function writeGraph(file: string, title: string, course: readonly Point[]): void {
  const rate = course.slice(SMOOTHED).map((point, i) => {
    const before = course[i]!
    return { x: point.seconds, y: (point.carried - before.carried) / (point.seconds - before.seconds) }
  })
  const memory = (key: 'resident' | 'anonymous') => course.map((p) => ({ x: p.seconds, y: p[key] }))
  const line = (label: string, data: object, axis: string, color: string): object => {
    return { label, data, yAxisID: axis, borderColor: color, pointRadius: 0, borderWidth: 1.5 }
  }
  const axis = (text: string, position: string): object => {
    return { type: 'linear', position, min: 0, title: { display: true, text } }
  }
  const chart = {
    type: 'line',
    data: {
      datasets: [
        line('carried by the network, MiB/s', rate, 'rate', '#1f77b4'),
        line('resident memory, MiB', memory('resident'), 'memory', '#d62728'),
        line('without files, MiB', memory('anonymous'), 'memory', '#ff9896'),
      ],
    },
    options: {
      animation: false,
      scales: {
        x: { type: 'linear', title: { display: true, text: 'seconds since the start' } },
        rate: axis('MiB/s', 'left'),
        memory: axis('MiB', 'right'),
      },
    },
  }
  const page = `<!doctype html><meta charset="utf-8"><title>${title}</title><style>body{font:14px sans-serif;max-width:1000px;margin:2em auto}</style>
<h1>${title}</h1><canvas id="plot"></canvas><script>${libraryScript()}</script><script>new Chart('plot', ${JSON.stringify(chart)})</script>`
  writeFileSync(file, page)
}
