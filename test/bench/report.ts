export interface Measurement {
  /** Seconds from the magnet link to the files on disk. */
  readonly total: number
  /** Seconds until data flowed. */
  readonly firstData: number
  /** MB/s from first data to the end. */
  readonly rate: number
  readonly cpuSeconds: number
  readonly peakMib: number
  /** Per cent of the processors' time that the host took away. */
  readonly stolen: number
}

const ROWS: readonly (readonly [what: string, key: keyof Measurement, digits: number])[] = [
  ['magnet link to files on disk, s', 'total', 2],
  ['first data, s', 'firstData', 2],
  ['first data to the end, MB/s', 'rate', 0],
  ['CPU, s', 'cpuSeconds', 2],
  ['peak memory, MiB', 'peakMib', 0],
]

/** Medians with the least and greatest, and the median of the ratios, pair by pair. */
export function compare(
  ours: readonly Measurement[],
  theirs: readonly Measurement[],
  leftOut: number,
  length: number,
): string {
  const gib = length / 1024 ** 3
  const head = `${ours.length} pairs of ${gib.toFixed(2)} GiB; ${leftOut} left out for stolen processor time`
  if (ours.length === 0) return head
  const rows = ROWS.map(([what, key, digits]) => {
    const ratio = median(ours.map((own, i) => own[key] / theirs[i]![key]))
    const columns = [spread(ours, key, digits), spread(theirs, key, digits), ratio.toFixed(2)]
    return `| ${[what, ...columns].join(' | ')} |`
  })
  const perGib = (all: readonly Measurement[]): string =>
    (median(all.map((m) => m.cpuSeconds)) / gib).toFixed(2)
  const cpu = `| CPU, s per GiB | ${perGib(ours)} | ${perGib(theirs)} | |`
  return [head, '| | ours | aria2 | ratio |', '|---|---|---|---|', ...rows, cpu].join('\n')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function spread(all: readonly Measurement[], key: keyof Measurement, digits: number): string {
  const values = all.map((measurement) => measurement[key])
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}
