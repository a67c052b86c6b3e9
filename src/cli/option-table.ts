/**
 * A command's options as a table, one row each: the parser, the help text and the documentation all come from it.
 * The keys of a table are the fields of the command's options interface; on the command line they are in kebab case.
 */
import { LodestoneError } from '../index.ts'
import { BadValue } from './values.ts'

interface RowText {
  /** One phrase for the help. */
  readonly text: string
  readonly alias?: string
}

export interface FlagRow extends RowText {
  readonly kind: 'flag'
}

export interface ValueRow<T> extends RowText {
  readonly kind: 'value'
  /** What the value is called in the help, such as `<host:port>`. */
  readonly argument: string
  /** Throws `BadValue`. */
  readonly read: (text: string) => T
  /** What holds when it is not given; absent: the field is absent too. */
  readonly fallback?: T
  /** The default in words, where it is not a value. */
  readonly otherwise?: string
  readonly required?: boolean
}

/** May be given several times. */
export interface ListRow<T> extends RowText {
  readonly kind: 'list'
  readonly argument: string
  readonly read: (text: string) => T
  readonly otherwise?: string
}

export type Row = FlagRow | ValueRow<unknown> | ListRow<unknown>

type RowOf<V> = [V] extends [boolean]
  ? FlagRow
  : [V] extends [readonly (infer Item)[]]
    ? ListRow<Item>
    : ValueRow<V>

export type OptionTable<O> = { readonly [K in keyof O]-?: RowOf<Exclude<O[K], undefined>> }

/** `downloadLimit` -> `download-limit`. */
export function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
}

export function rowsOf<O>(table: OptionTable<O>): [key: string, row: Row][] {
  return Object.entries(table) as [string, Row][]
}

export type RawValues = Readonly<Record<string, unknown>>

/**
 * The options that `table` describes, out of raw values by option name; the first of `sources` that has one wins.
 * Throws a usage error naming the option.
 */
export function readOptions<O>(table: OptionTable<O>, sources: readonly RawValues[]): O {
  const options: Record<string, unknown> = {}
  for (const [key, row] of rowsOf(table)) {
    const name = optionName(key)
    const raw = sources.map((source) => source[name]).find((value) => value !== undefined)
    const value = raw === undefined ? missing(name, row) : readRow(name, row, raw)
    if (value !== undefined) options[key] = value
  }
  return options as O
}

function missing(name: string, row: Row): unknown {
  if (row.kind === 'flag') return false
  if (row.kind === 'list') return undefined
  if (row.required === true) throw usage('usage/missing-option', `--${name} ${row.argument} is needed.`)
  return row.fallback
}

function readRow(name: string, row: Row, raw: unknown): unknown {
  if (row.kind === 'list') {
    const given = (Array.isArray(raw) ? raw : [raw]) as unknown[]
    return given.map((one) => readOne(name, row.read, textOf(name, one)))
  }
  if (Array.isArray(raw)) throw usage('usage/repeated-option', `--${name} takes one value and is given once.`)
  if (row.kind === 'value') return readOne(name, row.read, textOf(name, raw))
  if (typeof raw !== 'boolean') throw usage('usage/bad-value', `--${name} is true or false.`)
  return raw
}

function textOf(name: string, raw: unknown): string {
  if (typeof raw === 'string') return raw
  if (typeof raw === 'number') return String(raw)
  throw usage('usage/bad-value', `--${name} takes a text or a number.`)
}

function readOne<T>(name: string, read: (text: string) => T, text: string): T {
  try {
    return read(text)
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw usage('usage/bad-value', `--${name}${text === '' ? '' : ` ${text}`}: ${error.message}.`)
  }
}

function usage(code: `usage/${string}`, message: string): LodestoneError {
  return new LodestoneError('usage', code, message)
}
