/** The greatest distance between the distribution of `values` and `cdf` (Kolmogorov and Smirnov), 0 to 1. */
export function distanceTo(values: readonly number[], cdf: (value: number) => number): number {
  const sorted = values.toSorted((a, b) => a - b)
  let most = 0
  sorted.forEach((value, i) => {
    const expected = cdf(value)
    most = Math.max(most, expected - i / sorted.length, (i + 1) / sorted.length - expected)
  })
  return most
}

/** The greatest distance between the distributions of two samples, 0 to 1. */
export function distanceBetween(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [a.toSorted((x, y) => x - y), b.toSorted((x, y) => x - y)]
  let most = 0
  let [i, j] = [0, 0]
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i]!, right[j]!)
    while (i < left.length && left[i]! <= value) i += 1
    while (j < right.length && right[j]! <= value) j += 1
    most = Math.max(most, Math.abs(i / left.length - j / right.length))
  }
  return most
}

/**
 * The greatest distance of one sample from all the others put together: how far apart whole runs lie by chance, where the values
 * of a run depend on each other.
 */
export function farthestFromOthers(samples: readonly (readonly number[])[]): number {
  return Math.max(
    ...samples.map((sample) => distanceBetween(sample, samples.filter((other) => other !== sample).flat())),
  )
}
