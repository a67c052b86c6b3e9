import { usageError } from '../../src/core/errors.ts'

/** One number that a scenario can be run with. */
export interface Parameter {
  /** What it is, for `list`. */
  readonly text: string
  readonly fallback: number
  readonly min: number
  readonly max: number
  /** `count`: whole; `bytes`: whole, may be given as 512k or 4M; `factor`: any number; `seconds`: of virtual time. */
  readonly unit: 'count' | 'bytes' | 'factor' | 'seconds'
}

export type Parameters = Readonly<Record<string, Parameter>>

export type Values<P extends Parameters> = { readonly [K in keyof P]: number }

/** `small` runs in the tests, within 10 s; `full` is what the scenario is for. */
export type Size = 'small' | 'full'

/** The part of a scenario that its values come from. */
export interface Experiment {
  readonly name: string
  readonly parameters: Parameters
  /** What each size sets over the defaults. */
  readonly sizes: { readonly [S in Size]: { readonly [key: string]: number | undefined } }
}

/** The values of a run: what was given over the size's over the defaults. Throws a usage error. */
export function resolveValues(
  { name, parameters, sizes }: Experiment,
  given: ReadonlyMap<string, string>,
  size?: Size,
): Record<string, number> {
  const values: Record<string, number> = {}
  for (const [key, { fallback }] of Object.entries(parameters)) values[key] = fallback
  if (size !== undefined) {
    for (const [key, value] of Object.entries(sizes[size])) if (value !== undefined) values[key] = value
  }
  for (const [key, text] of given) {
    const parameter = Object.hasOwn(parameters, key) ? parameters[key] : undefined
    if (parameter === undefined) {
      const known = Object.keys(parameters).join(', ')
      throw usageError('sim/no-parameter', `The scenario ${name} has no parameter ${key}; it has ${known}.`)
    }
    const value = readNumber(text, parameter.unit)
    if (!(value >= parameter.min && value <= parameter.max)) {
      const { min, max, unit } = parameter
      throw usageError('sim/bad-value', `The parameter ${key} must be ${WORDS[unit]} from ${min} to ${max}.`)
    }
    values[key] = value
  }
  return values
}

/** The first of `values` that is no parameter or out of its range. */
export function strangeIn(
  parameters: Parameters,
  values: Readonly<Record<string, unknown>>,
): string | undefined {
  return Object.keys(values).find((key) => {
    const parameter = Object.hasOwn(parameters, key) ? parameters[key]! : undefined
    return parameter === undefined || !fits(parameter, values[key])
  })
}

function fits({ min, max, unit }: Parameter, value: unknown): boolean {
  if (typeof value !== 'number' || !(value >= min && value <= max)) return false
  return (unit !== 'count' && unit !== 'bytes') || Number.isInteger(value)
}

export const WORDS: Readonly<Record<Parameter['unit'], string>> = {
  count: 'a whole number',
  bytes: 'a size',
  factor: 'a number',
  seconds: 'a number of seconds',
}

const SUFFIXES = ['', 'k', 'm', 'g']

/** `NaN` when it is none. */
function readNumber(text: string, unit: Parameter['unit']): number {
  // With an exponent too: so numbers are printed in the commands that play a run again.
  const match = /^(\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?)([kmg]?)$/i.exec(text)
  if (match === null || (match[2] !== '' && unit !== 'bytes')) return Number.NaN
  const value = Number(match[1]) * 1024 ** SUFFIXES.indexOf(match[2]!.toLowerCase())
  const whole = unit === 'count' || unit === 'bytes'
  return whole && !Number.isInteger(value) ? Number.NaN : value
}
