import { usageError } from '../../src/core/errors.ts'
import type { World } from '../hosts/world.ts'
import type { NetworkOptions } from '../network/network.ts'
import type { Findings } from './findings.ts'

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

/** An experiment as data, plus what happens in it. The run is a function of seed and values alone. */
export interface Scenario<P extends Parameters = Parameters> {
  readonly name: string
  /** One sentence. */
  readonly description: string
  readonly parameters: P
  /** What differs from the network's defaults. */
  network?(values: Values<P>): Partial<NetworkOptions>
  /** Fills the world, lets it run, and reports figures and checks. */
  run(world: World, values: Values<P>, findings: Findings): void
}

/** Gives a scenario's values the names of its parameters. */
export function defineScenario<const P extends Parameters>(scenario: Scenario<P>): Scenario<P> {
  return scenario
}

/** The values of a run: what was given over the defaults. Throws a usage error. */
export function resolveValues(
  scenario: Scenario,
  given: ReadonlyMap<string, string>,
): Record<string, number> {
  const values: Record<string, number> = {}
  for (const [key, { fallback }] of Object.entries(scenario.parameters)) values[key] = fallback
  for (const [key, text] of given) {
    const parameter = Object.hasOwn(scenario.parameters, key) ? scenario.parameters[key] : undefined
    if (parameter === undefined) {
      const known = Object.keys(scenario.parameters).join(', ')
      throw usageError(
        'sim/no-parameter',
        `The scenario ${scenario.name} has no parameter ${key}; it has ${known}.`,
      )
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

const WORDS: Readonly<Record<Parameter['unit'], string>> = {
  count: 'a whole number',
  bytes: 'a size',
  factor: 'a number',
  seconds: 'a number of seconds',
}

const SUFFIXES = ['', 'k', 'm', 'g']

/** `NaN` when it is none. */
function readNumber(text: string, unit: Parameter['unit']): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text)
  if (match === null || (match[2] !== '' && unit !== 'bytes')) return Number.NaN
  const value = Number(match[1]) * 1024 ** SUFFIXES.indexOf(match[2]!.toLowerCase())
  const whole = unit === 'count' || unit === 'bytes'
  return whole && !Number.isInteger(value) ? Number.NaN : value
}
