import { strangeIn, WORDS } from './parameters.ts'
import type { Scenario } from './scenario.ts'

const PARTS = ['name', 'description', 'parameters', 'sizes', 'population', 'duration', 'measure', 'criteria']
const FUNCTIONS = ['population', 'duration', 'measure']
/** Functions that may be left out. */
const MORE = [
  'baseline',
  'network',
  'payload',
  'lookups',
  'policies',
  'boot',
  'setup',
  'timeline',
  'faults',
  'memory',
  'done',
  'progress',
]
const KNOWN = new Set([...PARTS, ...MORE, 'tcp', 'probes', 'liveness'])
const CRITERION = new Set(['name', 'metric', 'atLeast', 'atMost', 'waitsFor'])

/**
 * What is wrong with a scenario that no compiler has seen; `undefined`: nothing. A part with a slip in a word would do nothing, and the
 * run would pass.
 */
export function faultOf(value: unknown): string | undefined {
  const parts = new Map(Object.entries((value ?? {}) as object))
  const lacking = PARTS.filter((part) => parts.get(part) === undefined)
  if (lacking.length > 0) return `it lacks ${lacking.join(', ')}`
  const unknown = [...parts.keys()].find((part) => !KNOWN.has(part))
  if (unknown !== undefined) return `it has ${unknown}, which means nothing`
  const noFunction = [...FUNCTIONS, ...MORE.filter((part) => parts.get(part) !== undefined)].find((part) => {
    return typeof parts.get(part) !== 'function'
  })
  if (noFunction !== undefined) return `its ${noFunction} must be a function`
  if (typeof parts.get('name') !== 'string') return 'its name must be text'
  const { parameters, sizes, criteria, tcp = 'flow' } = value as Scenario
  if (tcp !== 'flow' && tcp !== 'packet') return 'its tcp must be flow or packet'
  if (!isObject(parameters)) return 'its parameters must be an object'
  for (const [key, parameter] of Object.entries(parameters as object)) {
    const fault = faultOfParameter(parameter)
    if (fault !== undefined) return `its parameter ${key} ${fault}`
  }
  const fallbacks = Object.entries(parameters).map(([key, { fallback }]) => [key, fallback] as const)
  const odd = strangeIn(parameters, Object.fromEntries(fallbacks))
  if (odd !== undefined) return `its parameter ${odd} has a fallback that is not allowed`
  for (const size of ['small', 'full'] as const) {
    if (!isObject(sizes) || !isObject(sizes[size])) return `its sizes must hold an object ${size}`
    const strange = strangeIn(parameters, sizes[size])
    if (strange !== undefined)
      return `its size ${size} sets ${strange}, which is no parameter, or out of range`
  }
  const { probes = [], liveness } = value as Scenario
  const healing = faultOfLiveness(liveness)
  if (healing !== undefined) return healing
  if (!Array.isArray(probes)) return 'its probes must be a list'
  if (!probes.every(isProbe))
    return 'each of its probes needs series, every (seconds, more than 0) and read, a function, and nothing else'
  if (!Array.isArray(criteria)) return 'its criteria must be a list'
  return criteria.map(faultOfCriterion).find((fault) => fault !== undefined)
}

function faultOfParameter(parameter: unknown): string | undefined {
  if (!isObject(parameter)) return 'must be an object'
  const { fallback, min, max, unit } = parameter as Record<string, unknown>
  if (typeof unit !== 'string' || !Object.hasOwn(WORDS, unit))
    return `needs as unit one of ${Object.keys(WORDS).join(', ')}`
  for (const [name, number] of Object.entries({ fallback, min, max })) {
    if (!Number.isFinite(number)) return `needs a number as ${name}`
  }
  const [low, middle, high] = [Number(min), Number(fallback), Number(max)]
  return low <= middle && middle <= high ? undefined : `has ${middle}, which is not from ${low} to ${high}`
}

function isProbe(probe: unknown): boolean {
  if (!isObject(probe)) return false
  const { series, every, read, ...rest } = probe as Record<string, unknown>
  const isRegular = typeof every === 'number' && every > 0 && Number.isFinite(every)
  return (
    isRegular && typeof series === 'string' && typeof read === 'function' && Object.keys(rest).length === 0
  )
}

function faultOfLiveness(liveness: unknown): string | undefined {
  if (liveness === undefined) return undefined
  const { within, whole, ...rest } = (isObject(liveness) ? liveness : {}) as Record<string, unknown>
  if (!(Number.isFinite(within) && Number(within) > 0) || typeof whole !== 'function')
    return 'its liveness needs within, a number of seconds, and whole, a function'
  const [unknown] = Object.keys(rest)
  return unknown === undefined ? undefined : `its liveness has ${unknown}, which means nothing`
}

function faultOfCriterion(criterion: unknown, index: number): string | undefined {
  if (!isObject(criterion)) return `criterion ${index + 1} must be an object`
  const { name, metric, atLeast, atMost, waitsFor } = criterion as Record<string, unknown>
  const of = `criterion ${index + 1}${typeof name === 'string' ? ` (${name})` : ''}`
  const unknown = Object.keys(criterion).find((key) => !CRITERION.has(key))
  if (unknown !== undefined) return `${of} has ${unknown}, which means nothing`
  if (typeof name !== 'string' || typeof metric !== 'string') return `${of} needs a name and a metric`
  if (waitsFor !== undefined && (typeof waitsFor !== 'string' || waitsFor.trim() === ''))
    return `${of} must say what it waits for`
  const limits = [atLeast, atMost].filter((limit) => limit !== undefined)
  if (limits.length === 0) return `${of} needs atLeast or atMost`
  const isLimit = (limit: unknown): boolean => typeof limit === 'function' || Number.isFinite(limit)
  return limits.every(isLimit) ? undefined : `the limits of ${of} must be numbers`
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
