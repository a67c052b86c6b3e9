/** Arithmetic mean; `NaN` of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

/** Slope of the least-squares line through pairs of x and y. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const x = mean(points.map(([at]) => at))
  const y = mean(points.map(([, value]) => value))
  let [both, squares] = [0, 0]
  for (const [at, value] of points) {
    both += (at - x) * (value - y)
    squares += (at - x) ** 2
  }
  return both / squares
}

/** Spearman's rank correlation of pairs, -1 to 1; ties share the mean of their ranks. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number {
  const a = ranks(pairs.map(([one]) => one))
  const b = ranks(pairs.map(([, other]) => other))
  const [meanA, meanB] = [mean(a), mean(b)]
  let [both, squaresA, squaresB] = [0, 0, 0]
  a.forEach((rank, i) => {
    both += (rank - meanA) * (b[i]! - meanB)
    squaresA += (rank - meanA) ** 2
    squaresB += (b[i]! - meanB) ** 2
  })
  return both / Math.sqrt(squaresA * squaresB)
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value)
  const out: number[] = []
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && order[to]!.value === order[from]!.value) to += 1
    for (let at = from; at < to; at++) out[order[at]!.i] = (from + to - 1) / 2
    from = to
  }
  return out
}
