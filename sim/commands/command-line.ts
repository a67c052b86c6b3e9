import yargs from 'yargs'
import { LodestoneError, usageError } from '../../src/core/errors.ts'
import type { Size } from '../experiment/parameters.ts'
import { ALL_OPTIONS, type AllArguments, all } from './all.ts'
import { bisectCommand } from './bisect.ts'
import { compare } from './compare.ts'
import { list } from './list.ts'
import { MERGE_OPTIONS, type MergeArguments, merge } from './merge.ts'
import { readPairs } from './pairs.ts'
import { replayCommand } from './replay.ts'
import { run } from './run.ts'
import { type RunRequest, readDumps, readUntil } from './run-request.ts'
import { SWEEP_OPTIONS, type SweepArguments, sweep } from './sweep.ts'
import { type Streams, Terminal } from './terminal.ts'
import { chosenRows, VALIDATE_OPTIONS, validate } from './validate.ts'
import { WORK_OPTIONS, type WorkArguments, work } from './work.ts'

const JSON_OPTION = { type: 'boolean', describe: 'one JSON object a line on standard output' } as const
const LOOK_OPTIONS = {
  until: { type: 'string', requiresArg: true, describe: 'stop after the event of this number' },
  dump: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'node=<number>: print what it knows in the end',
  },
} as const

interface RunArguments {
  readonly scenario?: string
  readonly seed?: string
  readonly nodes?: string
  readonly peers?: string
  readonly set?: readonly string[]
  readonly size?: Size
  readonly until?: string
  readonly dump?: readonly string[]
  readonly report?: string
  readonly shrink?: string
  /** Further pairs after a `--set key=value`. */
  readonly more?: readonly string[]
}

/** What was asked for, as it was typed. Throws a usage error. */
function requestOf({
  scenario = '',
  seed = '1',
  nodes,
  peers,
  set = [],
  more = [],
  size,
  until,
  dump,
  report,
  shrink,
}: RunArguments): RunRequest {
  const given = new Map<string, string>()
  if (nodes !== undefined) given.set('nodes', nodes)
  if (peers !== undefined) given.set('peers', peers)
  if (more.length > 0 && set.length === 0) {
    throw usageError('sim/bad-arguments', `${more[0]} is neither an option nor a pair after --set.`)
  }
  const stop = { until: readUntil(until, 1), dump: readDumps(dump) }
  return {
    scenario,
    seed,
    given: readPairs('--set', [...set, ...more], given),
    size,
    ...stop,
    report,
    shrink,
  }
}

/** Does what was asked for; the exit code. */
type Action = (terminal: Terminal) => number | Promise<number>

interface Parsed {
  readonly action: Action
  readonly json: boolean
}

/** Options that may be given again and again. */
const REPEATABLE = new Set(['set', 'vary', 'dump', 'only', 'row'])

/** Throws a usage error: of two values the parser would make a list, or take the last; others it would pass over. */
function refuseSlips(args: readonly string[]): void {
  const seen = new Set<string>()
  for (const arg of args) {
    if (arg === '--') throw usageError('sim/bad-arguments', '-- means nothing here.')
    const [, name, value] = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(arg) ?? []
    if (arg === '' || value === '')
      throw usageError('sim/bad-arguments', `${name === undefined ? 'An argument' : `--${name}`} is empty.`)
    if (name === 'json' && value !== undefined)
      throw usageError('sim/bad-arguments', '--json takes no value.')
    if (name === undefined || REPEATABLE.has(name)) continue
    if (seen.has(name)) throw usageError('sim/bad-arguments', `--${name} is given twice.`)
    seen.add(name)
  }
}

/** Throws a usage error. */
function parse(args: readonly string[], streams: Streams): Parsed {
  refuseSlips(args)
  let action: Action = () => 0
  let json = false
  yargs()
    .scriptName('lodestone-sim')
    .locale('en')
    // Values stay text, so that a wrong one is refused and not turned into NaN.
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'greedy-arrays': false,
    })
    .command('list', 'the scenarios with their parameters', { json: JSON_OPTION }, (argv) => {
      json = argv.json === true
      action = list
    })
    .command(
      'run <scenario> [more..]',
      'run one scenario in virtual time',
      (command) =>
        command
          .positional('scenario', { type: 'string' })
          .positional('more', { type: 'string', array: true, hidden: true })
          .options({
            seed: { type: 'string', requiresArg: true, describe: 'the run is a function of it (default 1)' },
            nodes: { type: 'string', requiresArg: true, describe: 'the same as --set nodes=' },
            peers: { type: 'string', requiresArg: true, describe: 'the same as --set peers=' },
            set: { type: 'string', array: true, requiresArg: true, describe: 'key=value ..., parameters' },
            size: { choices: ['small', 'full'], describe: 'what the scenario sets over its defaults' },
            ...LOOK_OPTIONS,
            report: { type: 'string', requiresArg: true, describe: 'a folder for a page and CSV files' },
            shrink: {
              type: 'string',
              requiresArg: true,
              describe: 'a file for a test with the fewest faults that make the run fail',
            },
            json: JSON_OPTION,
          }),
      (argv) => {
        json = argv.json === true
        action = (terminal) => run(requestOf(argv as RunArguments), terminal)
      },
    )
    .command(
      'replay <file>',
      'run a recorded session again and compare what it reports',
      (command) =>
        command.positional('file', { type: 'string' }).options({ ...LOOK_OPTIONS, json: JSON_OPTION }),
      ({ file = '', until, dump, json: asked }) => {
        json = asked === true
        const request = { file, until: readUntil(until, 0), dump: readDumps(dump) }
        action = (terminal) => replayCommand(request, terminal)
      },
    )
    .command(
      'bisect <dirA> <dirB>',
      'find the first event in which two runs that have reports part',
      (command) =>
        command
          .positional('dirA', { type: 'string', demandOption: true })
          .positional('dirB', { type: 'string', demandOption: true })
          .options({ json: JSON_OPTION }),
      ({ dirA, dirB, json: asked }) => {
        json = asked === true
        action = (terminal) => bisectCommand(dirA, dirB, terminal)
      },
    )
    .command(
      'compare <dirA> <dirB>',
      'write one page about two runs that have reports',
      (command) =>
        command
          .positional('dirA', { type: 'string', demandOption: true })
          .positional('dirB', { type: 'string', demandOption: true })
          .options({
            out: {
              alias: 'o',
              type: 'string',
              requiresArg: true,
              default: 'compare',
              describe: 'the folder for it',
            },
            json: JSON_OPTION,
          }),
      ({ dirA, dirB, out, json: asked }) => {
        json = asked === true
        action = (terminal) => compare({ dirA, dirB, out }, terminal)
      },
    )
    .command(
      'sweep <scenario>',
      'run a scenario with many seeds and settings',
      (command) =>
        command.positional('scenario', { type: 'string' }).options({ ...SWEEP_OPTIONS, json: JSON_OPTION }),
      (argv) => {
        json = argv.json === true
        action = (terminal) => sweep(argv as SweepArguments, terminal)
      },
    )
    .command(
      'all',
      'run every scenario of the catalogue and print a table of results',
      { ...ALL_OPTIONS, json: JSON_OPTION },
      (argv) => {
        json = argv.json === true
        action = (terminal) => all(argv as AllArguments, terminal)
      },
    )
    .command(
      'work',
      'run jobs of sweeps from a shared queue, until stopped',
      { ...WORK_OPTIONS, json: JSON_OPTION },
      (argv) => {
        json = argv.json === true
        action = (terminal) => work(argv as WorkArguments, terminal)
      },
    )
    .command(
      'merge <dirs..>',
      'join the results of the shards of a sweep',
      (command) =>
        command
          .positional('dirs', { type: 'string', array: true })
          .options({ ...MERGE_OPTIONS, json: JSON_OPTION }),
      (argv) => {
        json = argv.json === true
        action = (terminal) => merge(argv as MergeArguments, terminal)
      },
    )
    .command(
      'validate',
      'hold the simulator against what is known of real networks',
      { ...VALIDATE_OPTIONS, json: JSON_OPTION },
      (argv) => {
        json = argv.json === true
        action = (terminal) =>
          validate(argv.quick === true ? 'quick' : 'full', terminal, chosenRows(argv.row))
      },
    )
    .demandCommand(
      1,
      'Name a command: list, run, all, sweep, work, merge, validate, replay, bisect or compare.',
    )
    .strict()
    .help()
    .version(false)
    .exitProcess(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      const text = message ?? error?.message ?? 'The arguments make no sense.'
      throw usageError('sim/bad-arguments', text.replaceAll(/\s*\n\s*/g, ' '))
    })
    .parse([...args], {}, (_error, _argv, help) => {
      if (help !== '') streams.out(`${help}\n`)
    })
  return { action, json }
}

/** Does what `args` (without interpreter and script) ask for; the exit code: 0 done, 1 failed, 2 wrong use. */
export async function commandLine(args: readonly string[], streams: Streams): Promise<number> {
  try {
    const { action, json } = parse(args, streams)
    return await action(new Terminal(json, streams))
  } catch (error) {
    if (!(error instanceof LodestoneError)) throw error
    const [sentence = ''] = error.message.split('\n')
    streams.err(`lodestone-sim: ${sentence}${sentence.endsWith('.') ? '' : '.'}\n`)
    return error.kind === 'usage' ? 2 : 1
  }
}
