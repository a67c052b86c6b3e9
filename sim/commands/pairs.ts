import { usageError } from '../../src/core/errors.ts'

/** What `option` was given, `key=value` each, with the keys in `given` before. Throws a usage error: also when a key comes twice. */
export function readPairs(
  option: string,
  pairs: readonly string[],
  given: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const read = new Map(given)
  for (const pair of pairs) {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(pair) ?? []
    if (key === undefined || value === undefined) {
      throw usageError('sim/bad-set', `${option} takes key=value, not ${pair}.`)
    }
    if (read.has(key)) throw usageError('sim/bad-set', `The parameter ${key} is given twice.`)
    read.set(key, value)
  }
  return read
}
