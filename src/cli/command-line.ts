/** The arguments, by way of yargs: which command is meant, and its raw values by option name. */
import type { Argv, Options } from 'yargs'
import yargs from 'yargs'
import { LodestoneError } from '../index.ts'
import type { Command } from './command.ts'
import type { RawValues, Row } from './option-table.ts'
import { optionName } from './option-table.ts'

export type ParsedLine =
  | {
      readonly kind: 'command'
      readonly command: Command
      readonly positional: string
      readonly values: RawValues
    }
  /** Help or version was asked for. */
  | { readonly kind: 'text'; readonly text: string }

export interface CommandLineInit {
  readonly program: string
  readonly version: string
  readonly commands: readonly Command[]
  readonly width: number
}

/**
 * Parses `args` (without the interpreter and the script). Values stay texts: yargs would turn a bad number into NaN
 * and a digits-only info-hash into a double. Throws a usage error.
 */
export async function parseCommandLine(args: readonly string[], init: CommandLineInit): Promise<ParsedLine> {
  let chosen: ParsedLine | undefined
  const parser = yargs()
    .scriptName(init.program)
    .usage('$0 <command> [options]')
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .version(init.version)
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1, 'Name a command.')
    .wrap(init.width)
    .exitProcess(false)
  addCommands(parser, init.commands, (found) => (chosen = found))
  let failure: string | undefined
  parser.fail((message: string | undefined, error: Error | undefined) => {
    failure ??= message ?? error?.message ?? 'the arguments make no sense'
    throw new Error(failure)
  })
  let text = ''
  try {
    await parser.parseAsync([...args], {}, (_error, _argv, output) => {
      text = output
    })
  } catch (error) {
    failure ??= (error as Error).message
  }
  if (failure !== undefined) throw refusal(failure, init.program)
  if (chosen !== undefined) return chosen
  return { kind: 'text', text }
}

function addCommands(parser: Argv, commands: readonly Command[], choose: (found: ParsedLine) => void): void {
  const groups = new Map<string, Command[]>()
  for (const command of commands) {
    const [first = '', ...rest] = command.name.split(' ')
    if (rest.length === 0) addCommand(parser, first, command, choose)
    else groups.set(first, [...(groups.get(first) ?? []), command])
  }
  for (const [group, members] of groups) {
    parser.command(
      group,
      `${members.map((one) => one.name.slice(group.length + 1)).join(', ')}; see ${group} --help`,
      (inner) => {
        for (const one of members) addCommand(inner, one.name.slice(group.length + 1), one, choose)
        return inner.demandCommand(1, `Name what ${group} shall do.`)
      },
    )
  }
}

function addCommand(parser: Argv, word: string, command: Command, choose: (found: ParsedLine) => void): void {
  const { positional } = command
  parser.command(
    positional === undefined ? word : `${word} <${positional.name}>`,
    command.summary,
    (inner) => {
      if (positional !== undefined) {
        inner.positional(positional.name, { type: 'string', describe: positional.text })
      }
      return inner.options(
        Object.fromEntries(command.rows.map(([key, row]) => [optionName(key), describe(row)])),
      )
    },
    (argv: Record<string, unknown>) => {
      const argument = positional === undefined ? '' : argv[positional.name]
      choose({ kind: 'command', command, positional: String(argument), values: argv })
    },
  )
}

function describe(row: Row): Options {
  const alias = row.alias === undefined ? {} : { alias: row.alias }
  if (row.kind === 'flag') return { type: 'boolean', describe: row.text, ...alias }
  const fallback = row.otherwise ?? fallbackOf(row)
  const text = `${row.argument} ${row.text}${fallback === undefined ? '' : ` (default: ${fallback})`}`
  return { type: 'string', requiresArg: true, describe: text, ...alias }
}

function fallbackOf(row: Row): string | undefined {
  return row.kind === 'value' && row.fallback !== undefined ? String(row.fallback) : undefined
}

function refusal(message: string, program: string): LodestoneError {
  const [first = ''] = message.split('\n')
  const sentence = first
    .replace(/^Not enough non-option arguments.*/, 'An argument is missing after the command')
    .replace(/\.$/, '')
  return new LodestoneError('usage', 'usage/bad-arguments', `${sentence}; see ${program} --help.`)
}
