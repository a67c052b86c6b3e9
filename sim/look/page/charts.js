import { colour, lineColour, onThemeChange } from './theme.js'

/** @import { Line, Plot } from './page-data.ts' */

// Lines must be told apart without colour, too.
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [4, 4], [1, 4], [10, 3, 2, 3, 2, 3]]
const SHAPES = /** @type {const} */ (['circle', 'rect', 'triangle', 'rectRot', 'cross', 'star'])

const numbers = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, notation: 'compact' })

/** @param {readonly Plot[]} plots each is drawn on the canvas that bears its id */
export function drawPlots(plots) {
  const charts = plots.map(chartOf)
  onThemeChange(() => {
    for (const { chart, paint } of charts) {
      paint()
      chart.update('none')
    }
  })
}

/** @param {Plot} plot */
function chartOf(plot) {
  const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById(plot.id))
  /** @type {import('chart.js').ChartConfiguration<'line' | 'scatter', { x: number, y: number }[]>} */
  const config = {
    type: plot.kind === 'scatter' ? 'scatter' : 'line',
    data: { datasets: plot.lines.map((line, i) => datasetOf(plot, line, i)) },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: { x: scaleOf(plot, 0), y: scaleOf(plot, 1) },
      plugins: {
        legend: {
          display: plot.lines.length > 1,
          position: 'bottom',
          labels: { usePointStyle: true, pointStyleWidth: 36, boxHeight: 7, generateLabels },
        },
        tooltip: {
          usePointStyle: true,
          callbacks: {
            title: ([item]) =>
              item === undefined ? '' : `${plot.x.label}: ${numbers.format(item.parsed.x ?? 0)}`,
            label: ({ dataset, parsed }) => `${dataset.label}: ${numbers.format(parsed.y ?? 0)}`,
          },
        },
      },
    },
  }
  const paint = () => {
    const { scales = {}, plugins = {} } = config.options ?? {}
    config.data.datasets.forEach((dataset, i) => {
      dataset.borderColor = lineColour(i)
      dataset.backgroundColor = lineColour(i)
    })
    for (const scale of Object.values(scales)) {
      Object.assign(scale?.ticks ?? {}, { color: colour('quiet') })
      Object.assign(scale?.grid ?? {}, { color: colour('rule') })
      Object.assign(scale?.border ?? {}, { color: colour('quiet') })
      Object.assign(/** @type {{ title: object }} */ (scale).title, { color: colour('ink') })
    }
    Object.assign(plugins.legend?.labels ?? {}, { color: colour('ink') })
  }
  paint()
  return { chart: new Chart(canvas, config), paint }
}

/**
 * The library's own, which leave out the dashes.
 * @param {import('chart.js').Chart} chart
 */
function generateLabels(chart) {
  return Chart.defaults.plugins.legend.labels
    .generateLabels(chart)
    .sort((a, b) => (a.datasetIndex ?? 0) - (b.datasetIndex ?? 0))
    .map((label) => ({ ...label, lineDash: DASHES[(label.datasetIndex ?? 0) % DASHES.length] ?? [] }))
}

/**
 * @param {Plot} plot
 * @param {Line} line
 * @param {number} index
 * @returns {import('chart.js').ChartDataset<'line', { x: number, y: number }[]>}
 */
function datasetOf({ kind }, { label, points }, index) {
  const lone = points.length === 1 || kind === 'scatter'
  return {
    label,
    data: points.map(([x, y]) => ({ x, y })),
    stepped: kind === 'step' ? 'before' : false,
    showLine: kind !== 'scatter',
    // Later lines are dashed, so that earlier ones show through them where both are the same.
    order: -index,
    borderWidth: 2,
    clip: 6,
    borderDash: DASHES[index % DASHES.length] ?? [],
    borderJoinStyle: 'round',
    pointRadius: lone ? 4 : 0,
    pointHoverRadius: 5,
    pointHitRadius: 8,
    pointStyle: lone ? (SHAPES[index % SHAPES.length] ?? 'circle') : 'line',
  }
}

/**
 * @param {Plot} plot
 * @param {0 | 1} axis along or up
 * @returns {any} the library's types of the two scales do not meet
 */
function scaleOf(plot, axis) {
  const { label, logarithmic = false, range } = axis === 0 ? plot.x : plot.y
  const values = plot.lines.flatMap(({ points }) => points.map((point) => point[axis]))
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  // Courses fill the plot from side to side; upwards, nothing hides how far it is from nought.
  const ends = axis === 0 && plot.kind === 'line' && least < most ? [least, most] : range
  return {
    type: logarithmic ? 'logarithmic' : 'linear',
    title: { display: true, text: label },
    beginAtZero: axis === 1 && !logarithmic,
    ...(ends === undefined ? {} : { min: ends[0], max: ends[1] }),
    grid: {},
    border: {},
    ticks: {
      maxRotation: 0,
      autoSkipPadding: 16,
      callback: (/** @type {number} */ value) => {
        const leading = value / 10 ** Math.floor(Math.log10(value))
        if (logarithmic && ![1, 2, 5].includes(Math.round(leading * 10) / 10)) return null
        return (Math.abs(value) < 10_000 ? numbers : short).format(value)
      },
    },
  }
}
