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

/** Thrown once a command is chosen: yargs would else lay out its help, which takes a fifth of a start. */
const CHOSEN: Error = new Error('chosen')

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
  let entered: Command | undefined
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
  const steps: Steps = {
    enter: (command) => (entered = command),
    choose: (command, positional, values) => (chosen = { kind: 'command', command, positional, values }),
  }
  addCommands(parser, init.commands, steps)
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
    if (error !== CHOSEN) failure ??= (error as Error).message
  }
  if (failure !== undefined) throw refusal(failure, init.program, entered)
  if (entered !== undefined) checkFlags(args, entered.rows)
  if (chosen !== undefined) return chosen
  return { kind: 'text', text }
}

interface Steps {
  /** The words of a command are there, perhaps not what it needs. */
  enter(command: Command): void
  choose(command: Command, positional: string, values: RawValues): void
}

function addCommands(parser: Argv, commands: readonly Command[], steps: Steps): void {
  const groups = new Map<string, Command[]>()
  for (const command of commands) {
    const [first = '', ...rest] = command.name.split(' ')
    if (rest.length === 0) addCommand(parser, first, command, steps)
    else groups.set(first, [...(groups.get(first) ?? []), command])
  }
  for (const [group, members] of groups) {
    parser.command(
      group,
      `${members.map((one) => one.name.slice(group.length + 1)).join(', ')}; see ${group} --help`,
      (inner) => {
        for (const one of members) addCommand(inner, one.name.slice(group.length + 1), one, steps)
        return inner.demandCommand(1, `Name what ${group} shall do.`)
      },
    )
  }
}

function addCommand(parser: Argv, word: string, command: Command, steps: Steps): void {
  const { positional } = command
  parser.command(
    positional === undefined ? word : `${word} <${positional.name}>`,
    command.summary,
    (inner) => {
      steps.enter(command)
      if (positional !== undefined) {
        inner.positional(positional.name, { type: 'string', describe: positional.text })
      }
      return inner.options(
        Object.fromEntries(command.rows.map(([key, row]) => [optionName(key), describe(row)])),
      )
    },
    (argv: Record<string, unknown>) => {
      const argument = positional === undefined ? '' : argv[positional.name]
      steps.choose(command, String(argument), argv)
      throw CHOSEN
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

/**
 * Flags as they were typed: yargs takes any value that is not `true` for false, and the last of several. A word that begins
 * with two dashes is never another option's value. Throws a usage error.
 */
function checkFlags(args: readonly string[], rows: readonly [key: string, row: Row][]): void {
  const end = args.indexOf('--')
  const typed = end < 0 ? args : args.slice(0, end)
  for (const [key, row] of rows) {
    if (row.kind !== 'flag') continue
    const flag = `--${optionName(key)}`
    const given = typed.filter((word) => word === flag || word.startsWith(`${flag}=`))
    const odd = given.find((word) => !/^[^=]*(?:=(?:true|false))?$/.test(word))
    if (odd !== undefined) throw badArguments(`${flag} stands alone, or with =true or =false`)
    if (given.length > 1) throw badArguments(`${flag} is given ${given.length} times; once is enough`)
  }
}

function refusal(message: string, program: string, entered: Command | undefined): LodestoneError {
  const [first = ''] = message.split('\n')
  const needed = entered?.positional
  const sentence =
    needed !== undefined && first.startsWith('Not enough non-option arguments')
      ? `${entered?.name} needs ${needed.argument}, which is missing: ${needed.text}`
      : first.replace(/\.$/, '')
  return badArguments(`${sentence}; see ${program} --help`)
}

function badArguments(sentence: string): LodestoneError {
  return new LodestoneError('usage', 'usage/bad-arguments', `${sentence}.`)
}
