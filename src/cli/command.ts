/** What a command is: its options as a table and a plain function. */
import type {
  createTorrent,
  followTorrent,
  open,
  parseItemLink,
  parseMagnet,
  parseTorrent,
  planDownload,
  probe,
  readTorrent,
  saveTorrent,
} from '../index.ts'
import type { OutputOptions } from './common-options.ts'
import type { OptionTable, RawValues, Row } from './option-table.ts'
import { readOptions, rowsOf } from './option-table.ts'
import type { Output } from './output.ts'

/** What commands use of the library; tests put another in its place. */
export interface Library {
  readonly open: typeof open
  readonly createTorrent: typeof createTorrent
  readonly followTorrent: typeof followTorrent
  readonly readTorrent: typeof readTorrent
  readonly saveTorrent: typeof saveTorrent
  readonly parseMagnet: typeof parseMagnet
  readonly parseItemLink: typeof parseItemLink
  readonly parseTorrent: typeof parseTorrent
  readonly planDownload: typeof planDownload
  readonly probe: typeof probe
}

export interface CommandContext {
  readonly output: Output
  /** Fires at a signal or at `--timeout`, with a `Stopped` as its reason. */
  readonly stop: AbortSignal
  /** The command's own result has come: `--timeout` no longer counts. */
  resultCame(): void
  /** Milliseconds since the start. */
  now(): number
  /** Calls `tick` again and again until the returned function is called. */
  every(ms: number, tick: () => void): () => void
  readonly library: Library
}

export interface CommandDefinition<O extends OutputOptions, P extends keyof O & string> {
  /** The words after `lodestone`. */
  readonly name: string
  readonly summary: string
  /** The one argument that is not an option; it arrives in the options under its name. */
  readonly positional?: { readonly name: P; readonly argument: string; readonly text: string }
  readonly options: OptionTable<Omit<O, P>>
  /** Resolves to the exit code; rejects with the error that the user is shown. */
  run(options: O, context: CommandContext): Promise<number>
}

/** A command whose options' type is closed over. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly positional: { readonly name: string; readonly argument: string; readonly text: string } | undefined
  readonly rows: readonly [key: string, row: Row][]
  /** Reads the options; throws a usage error before anything is touched. */
  prepare(positional: string, sources: readonly RawValues[]): PreparedCommand
}

export interface PreparedCommand {
  readonly options: OutputOptions
  run(context: CommandContext): Promise<number>
}

export function asCommand<O extends OutputOptions, P extends keyof O & string>(
  definition: CommandDefinition<O, P>,
): Command {
  const { name, summary, positional, options: table } = definition
  return {
    name,
    summary,
    positional,
    rows: rowsOf(table),
    prepare(argument, sources) {
      const read = readOptions(table, sources)
      const options = (positional === undefined ? read : { ...read, [positional.name]: argument }) as O
      return { options, run: (context) => definition.run(options, context) }
    },
  }
}
