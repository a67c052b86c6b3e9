import { median } from '../median.ts'
import type { Measurement } from './trial.ts'

type Figure = Exclude<keyof Measurement, 'course'>

const ROWS: readonly (readonly [what: string, key: Figure, digits: number])[] = [
  ['first peer, s', 'peer', 2],
  ['metadata, s', 'metadata', 2],
  ['first data, s', 'firstData', 2],
  ['done, s', 'done', 2],
  ['left, s', 'left', 2],
  ['first data to done, MB/s', 'rate', 0],
  ['CPU, s', 'cpuSeconds', 2],
  ['CPU of the other side, s', 'otherCpuSeconds', 2],
  ['peak memory, MiB', 'peakMib', 0],
  ['peak memory without files, MiB', 'anonymousMib', 0],
  ['event loop late, p99, ms', 'loopDelayP99', 1],
]

/** Medians with the least and greatest of each client, by its name; in brackets the median of the ratios of `subject` to it, round by round. */
export function table(
  rounds: readonly ReadonlyMap<string, Measurement>[],
  length: number,
  subject = 'ours',
): string {
  const names = [...(rounds[0]?.keys() ?? [])]
  const column = (name: string, key: Figure): (number | undefined)[] =>
    rounds.map((round) => round.get(name)?.[key])
  const rows = ROWS.map(([what, key, digits]) => {
    const own = column(subject, key)
    const cells = names.map((name) => {
      const values = column(name, key)
      const known = values.filter((value) => value !== undefined)
      if (known.length === 0) return ''
      const ratios = own.flatMap((value, i) =>
        value === undefined || values[i] === undefined ? [] : [value / values[i]],
      )
      const ratio = name === subject || ratios.length === 0 ? '' : ` [${median(ratios).toFixed(2)}]`
      return `${spread(known, digits)}${ratio}`
    })
    return [what, ...cells]
  })
  const gib = length / 1024 ** 3
  const perGib = names.map((name) => {
    const known = column(name, 'cpuSeconds').filter((value) => value !== undefined)
    return (median(known) / gib).toFixed(2)
  })
  const lines = [['', ...names], ['---', ...names.map(() => '---')], ...rows, ['CPU, s per GiB', ...perGib]]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function spread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}
