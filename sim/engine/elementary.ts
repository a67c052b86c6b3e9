/**
 * Logarithm and exponential out of additions, multiplications and divisions alone, which IEEE 754 rounds in one way: those of
 * `Math` differ between versions of V8, and what feeds the time of an event must not. Errors are below 1e-13 of the value.
 */

/** Terms of the series: of the logarithm within 0.71 to 1.41, of the exponential within ± 0.35. */
const LN_TERMS = 12
const EXP_TERMS = 14

/** The natural logarithm of a positive number. */
export function ln(value: number): number {
  let mantissa = value
  let halvings = 0
  for (; mantissa > 2 * Math.SQRT1_2; mantissa /= 2) halvings += 1
  for (; mantissa < Math.SQRT1_2; mantissa *= 2) halvings -= 1
  // ln m = 2 (z + z^3/3 + z^5/5 + ...) with z = (m - 1) / (m + 1).
  const z = (mantissa - 1) / (mantissa + 1)
  let sum = 0
  for (let n = 2 * LN_TERMS - 1; n > 0; n -= 2) sum = sum * z * z + 1 / n
  return 2 * z * sum + halvings * Math.LN2
}

/** e to the power of `value`; 0 below -740, `Infinity` above 709. */
export function exp(value: number): number {
  let halvings = Math.round(value / Math.LN2)
  const rest = value - halvings * Math.LN2
  let sum = 1
  for (let n = EXP_TERMS; n > 0; n--) sum = 1 + (sum * rest) / n
  for (; halvings > 0 && sum !== Number.POSITIVE_INFINITY; halvings--) sum *= 2
  for (; halvings < 0 && sum !== 0; halvings++) sum /= 2
  return sum
}
