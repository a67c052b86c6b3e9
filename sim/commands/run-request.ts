import { usageError } from '../../src/core/errors.ts'
import type { Size } from '../experiment/parameters.ts'

/** What `run` was asked for. */
export interface RunRequest {
  /** Name in the catalogue, or path of a module. */
  readonly scenario: string
  /** As typed. */
  readonly seed: string
  /** Parameters as typed, by name. */
  readonly given: ReadonlyMap<string, string>
  readonly size: Size | undefined
  /** The number of the event to stop after. */
  readonly until: number | undefined
  /** Numbers of the hosts whose state is printed in the end. */
  readonly dump: readonly number[]
  /** The folder for the report, if one is wanted. */
  readonly report: string | undefined
  /** The file for a test with the fewest faults, if one is wanted. */
  readonly shrink: string | undefined
}

/** `--until` as typed, the least being `least`. Throws a usage error. */
export function readUntil(text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const event = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (event < least) throw usageError('sim/bad-until', `--until takes the number of an event, from ${least}.`)
  return event
}

/** All `--dump` as typed. Throws a usage error. */
export function readDumps(texts: readonly string[] = []): number[] {
  return texts.map((text) => {
    const match = /^node=(\d{1,8})$/.exec(text)
    if (match === null) throw usageError('sim/bad-dump', `--dump takes node=<number>, not ${text}.`)
    return Number(match[1])
  })
}

/** A name or path as a shell reads it back. */
export function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}

/** The command that does the same run again, to its end or up to the event `until`, and shows the hosts `dump`. */
export function commandOf(
  { scenario, seed, given, size }: RunRequest,
  until?: number,
  dump: readonly number[] = [],
): string {
  const settings = [...given].map(([key, value]) => `--set ${key}=${value}`)
  return [
    `lodestone-sim run ${quoted(scenario)}`,
    `--seed ${seed}`,
    ...(size === undefined ? [] : [`--size ${size}`]),
    ...settings,
    ...(until === undefined ? [] : [`--until ${until}`]),
    ...dump.map((host) => `--dump node=${host}`),
  ].join(' ')
}
