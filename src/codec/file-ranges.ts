/** File indices from `first` to `last`, both included; `last` may lie beyond the last file. */
export interface FileRange {
  readonly first: number
  readonly last: number
}

/** More than any link names. */
export const MOST_RANGES = 10_000

/**
 * Ranges as in BEP 53 (`0,2,4-6`), which stay ranges since how many files there are may not be known yet. `odd`: parts that are no
 * index or range, or come after 10,000 others, and are left out.
 */
export function parseFileRanges(text: string): {
  readonly ranges: readonly FileRange[]
  readonly odd: number
} {
  const ranges: FileRange[] = []
  let odd = 0
  for (const token of text.split(',')) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(token)
    const first = Number(match?.[1])
    const last = Number(match?.[2] ?? match?.[1])
    if (match === null || last < first || ranges.length === MOST_RANGES) odd += 1
    else ranges.push({ first, last })
  }
  return { ranges, odd }
}

export function formatFileRanges(ranges: readonly FileRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
