import { quantile } from '../experiment/findings.ts'
import { capital, type Naming, naming, show, showNumber } from './naming.ts'
import type { Line, Plot } from './page/page-data.ts'
import { labelsOf, type ReportedRun } from './reported-run.ts'

/** A plot with the words around it. */
export interface Figure {
  readonly plot: Plot
  readonly title: string
  /** What is to be seen, in a sentence or two. */
  readonly summary: string
}

/** More lines than this in one plot, and nobody finds theirs. */
export const MOST_RUNS = 8
/** Up to here each line gets words of its own. */
const FEW = 3
/** A curve of more points looks no different. */
const MOST_STEPS = 400
const MOST_POINTS = 1_200
/** A spread wider than this, the greatest over the median, is easier to see on a logarithmic axis. */
const WIDE = 40

const namesOf = (runs: readonly ReportedRun[], of: (run: ReportedRun) => object): string[] => {
  return [...new Set(runs.flatMap((run) => Object.keys(of(run))))]
}

/** For everything that was counted more than once: which share of it was how great. */
export function spreads(runs: readonly ReportedRun[]): Figure[] {
  const shown = runs.slice(0, MOST_RUNS)
  const labels = labelsOf(runs)
  return namesOf(shown, ({ samples }) => samples).flatMap((name, index) => {
    const named = naming(name)
    const of = shown.flatMap(({ samples }, i) => {
      const values = samples[name] ?? []
      return values.length === 0 ? [] : [{ label: labels[i]!, values }]
    })
    if (of.length === 0) return []
    const wide = of.some(({ values }) => values.at(-1)! > WIDE * quantile(values, 0.5))
    const positive = of.every(({ values }) => values[0]! > 0)
    const plot: Plot = {
      id: `spread-${index}`,
      kind: 'step',
      x: { label: capital(`${named.words}${inUnit(named.unit)}`), logarithmic: wide && positive },
      y: { label: 'Share of values, %', range: [0, 100] },
      lines: of.map(({ label, values }) => ({ label, points: stepsOf(values, named.scale) })),
    }
    return [{ plot, ...wordsOfSpread(named, of) }]
  })
}

/** The values of one line. */
interface Labelled {
  readonly label: string
  readonly values: readonly number[]
}

function wordsOfSpread(named: Naming, of: readonly Labelled[]): Omit<Figure, 'plot'> {
  const at = (values: readonly number[], share: number): string => show(quantile(values, share), named)
  const subject = capital(named.words)
  if (of.length > FEW) {
    const medians = of.map(({ values }) => quantile(values, 0.5))
    const [least, most] = [leastOf(medians), mostOf(medians)].map((value) => show(value, named))
    const count = of.reduce((sum, { values }) => sum + values.length, 0)
    return {
      title: `${subject}: half are at most ${least} to ${most}, by run`,
      summary: `${showNumber(count)} values in ${of.length} runs.`,
    }
  }
  const several = of.length > 1
  const medians = of.map(({ label, values }) => `${at(values, 0.5)}${several ? ` in ${label}` : ''}`)
  const rest = of.map(({ label, values }) => {
    const run = several ? `${label}: ` : ''
    return `${run}${showNumber(values.length)} values; 95 % are at most ${at(values, 0.95)}, all at most ${at(values, 1)}.`
  })
  return { title: `${subject}: half are at most ${medians.join(', ')}`, summary: rest.join(' ') }
}

/** What was measured again and again, over virtual time; names that agree up to a colon share a plot. */
export function courses(runs: readonly ReportedRun[]): Figure[] {
  const shown = runs.slice(0, MOST_RUNS)
  const labels = labelsOf(runs)
  const groups = new Map<string, string[]>()
  for (const name of namesOf(shown, ({ series }) => series)) {
    // Of many runs each series is a plot, or the legend would be all of it.
    const group = runs.length > 2 ? name : name.split(':')[0]!
    groups.set(group, [...(groups.get(group) ?? []), name])
  }
  const longest = Math.max(
    0,
    ...shown.flatMap(({ series }) => Object.values(series).map((of) => of.at(-1)?.[0] ?? 0)),
  )
  const time = timeUnit(longest)
  return [...groups].flatMap(([group, names], index) => {
    const named = naming(group)
    const lines: Line[] = []
    const labelled: Labelled[] = []
    for (const name of names) {
      const part = name.includes(':') ? naming(name.slice(group.length + 1)).words : ''
      shown.forEach(({ series }, i) => {
        const points = series[name] ?? []
        if (points.length === 0) return
        const run = runs.length > 1 ? labels[i]! : ''
        const label = `${part} ${run}`.trim()
        const scaled = points.map(([at, value]) => [at / time.seconds, value * named.scale] as const)
        lines.push({ label: label === '' ? named.words : label, points: thinned(scaled) })
        labelled.push({
          label: run === '' ? part : `${part} in ${run}`.trim(),
          values: points.map(([, value]) => value),
        })
      })
    }
    if (lines.length === 0) return []
    const plot: Plot = {
      id: `course-${index}`,
      kind: 'line',
      x: { label: `Virtual time, ${time.name}` },
      y: { label: capital(`${named.words}${inUnit(named.unit)}`) },
      lines,
    }
    return [{ plot, ...wordsOfCourse(named, labelled) }]
  })
}

function wordsOfCourse(named: Naming, courses: readonly Labelled[]): Omit<Figure, 'plot'> {
  const subject = capital(named.words)
  const range = (values: readonly number[]): string => {
    const [least, most] = [leastOf(values), mostOf(values)].map((value) => show(value, named))
    return least === most ? least! : `from ${least} to ${most}`
  }
  if (courses.length > FEW) {
    const [ends, all] = [courses.map(({ values }) => values.at(-1)!), courses.flatMap(({ values }) => values)]
    return {
      title: `${subject}: in the end ${range(ends)}`,
      summary: `${courses.length} lines, ${range(all)}.`,
    }
  }
  const last = courses.map(({ label, values }) => `${show(values.at(-1)!, named)} ${label}`.trim())
  const ranges = courses.map(
    ({ label, values }) => `${label === '' ? subject : capital(label)} was ${range(values)}.`,
  )
  return { title: `${subject}: in the end ${last.join(', ')}`, summary: ranges.join(' ') }
}

/** Of many runs: each metric, over the one parameter that differs between them, or else over the seed. */
export function scatters(runs: readonly ReportedRun[]): Figure[] {
  if (runs.length < 3) return []
  const varied = namesOf(runs, ({ values }) => values).filter((name) => {
    return new Set(runs.map(({ values }) => values[name])).size > 1
  })
  const [only] = varied.length === 1 ? varied : []
  const over = (run: ReportedRun): number => (only === undefined ? run.seed : run.values[only]!)
  return namesOf(runs, ({ metrics }) => metrics).map((name, index) => {
    const named = naming(name)
    const points = runs.flatMap((run) => {
      const value = run.metrics[name]
      return typeof value === 'number' ? [[over(run), value * named.scale] as const] : []
    })
    const values = points.map(([, value]) => value)
    const plain = { ...named, scale: 1 }
    const plot: Plot = {
      id: `scatter-${index}`,
      kind: 'scatter',
      x: { label: only === undefined ? 'Seed' : capital(naming(only).words) },
      y: { label: capital(`${named.words}${inUnit(named.unit)}`) },
      lines: [{ label: 'one run', points }],
    }
    return {
      plot,
      title: `${capital(named.words)} in each run`,
      summary: `${points.length} runs, from ${show(leastOf(values), plain)} to ${show(mostOf(values), plain)}.`,
    }
  })
}

const inUnit = (unit: string): string => (unit === '' ? '' : `,${unit}`)

// Spreading a hundred thousand values into arguments would overflow the stack.
const leastOf = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
const mostOf = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)

/** The steps of a distribution function in per cent; `sorted` ascending and not empty. */
function stepsOf(sorted: readonly number[], scale: number): [number, number][] {
  const count = sorted.length
  const steps = Math.min(count, MOST_STEPS)
  const points: [number, number][] = [[sorted[0]! * scale, 0]]
  for (let step = 1; step <= steps; step++) {
    const rank = Math.ceil((step * count) / steps)
    points.push([sorted[rank - 1]! * scale, (100 * rank) / count])
  }
  return points
}

/** The same curve with fewer points: of each stretch its least and its greatest, so that no peak is lost. */
function thinned(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  if (points.length <= MOST_POINTS) return points
  const stretch = Math.ceil((2 * points.length) / MOST_POINTS)
  const kept = new Set([0, points.length - 1])
  for (let from = 0; from < points.length; from += stretch) {
    let [least, most] = [from, from]
    for (let i = from; i < Math.min(points.length, from + stretch); i++) {
      if (points[i]![1] < points[least]![1]) least = i
      if (points[i]![1] > points[most]![1]) most = i
    }
    kept.add(least).add(most)
  }
  return [...kept].toSorted((a, b) => a - b).map((i) => points[i]!)
}

function timeUnit(seconds: number): { readonly name: string; readonly seconds: number } {
  if (seconds > 3 * 86_400) return { name: 'days', seconds: 86_400 }
  if (seconds > 3 * 3_600) return { name: 'hours', seconds: 3_600 }
  return seconds > 900 ? { name: 'minutes', seconds: 60 } : { name: 'seconds', seconds: 1 }
}
