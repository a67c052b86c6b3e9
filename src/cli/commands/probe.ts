import type { RuleResult, Score, Tally } from '../../index.ts'
import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { orStopped } from '../stopping.ts'
import { formatCount, toThousandths } from '../text.ts'
import { formatEndpoint, readEndpoint, readInteger } from '../values.ts'

/** Scripts pass the network's options to every command; a probe joins no network, and has use for `bind` and `interface` alone. */
export interface ProbeCommandOptions extends NetworkOptions {
  readonly node: string
  readonly rate?: number
  readonly slow: boolean
}

async function run(options: ProbeCommandOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'probe asks a node of the DHT')
  const { output, stop, library, now } = context
  const { bind, interface: name, rate, slow } = options
  const { host, port } = endpointOf(options)
  const began = now()
  const probing = library.probe(host, port, {
    slow,
    signal: stop,
    ...(bind === undefined ? {} : { bind }),
    ...(name === undefined ? {} : { interface: name }),
    ...(rate === undefined ? {} : { rate }),
  })
  let saidPlaces = false
  const read = async (): Promise<Score> => {
    for await (const result of probing) {
      for (const place of saidPlaces ? [] : probing.addresses) {
        output.tell({ event: 'listening', ...place }, `Listening on ${formatEndpoint(place)}`)
      }
      saidPlaces = true
      output.answer({ event: 'rule', ...result }, line(result))
    }
    return await probing.score
  }
  const score = await orStopped(read(), stop, () => 'not all rules have been asked')
  context.resultCame()
  output.answer(
    { event: 'score', ...score },
    `required ${tally(score.required)}`,
    `chosen   ${tally(score.chosen)}`,
  )
  output.tell({ event: 'done', host, port, seconds: toThousandths((now() - began) / 1000) })
  const { required, chosen } = score
  return required.failed + required.notReached + chosen.failed + chosen.notReached === 0 ? 0 : 1
}

const MARKS = { pass: 'pass', fail: 'FAIL', 'not-applicable': 'n/a ', 'not-reached': '----' } as const

function line({ rule, level, title, verdict, why }: RuleResult): string {
  return `${MARKS[verdict]} ${level} ${rule} ${title}${why === undefined ? '' : `: ${why}`}`
}

function tally({ passed, failed, notApplicable, notReached }: Tally): string {
  const rest = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(notReached > 0 ? [`${notReached} not reached`] : []),
    ...(notApplicable > 0 ? [`${notApplicable} not applicable`] : []),
  ]
  return [`${passed} of ${formatCount(passed + failed + notReached, 'rule')}`, ...rest].join(', ')
}

function endpointOf({ node }: ProbeCommandOptions): { host: string; port: number } {
  try {
    return readEndpoint(node)
  } catch (error) {
    throw new LodestoneError(
      'usage',
      'usage/bad-source',
      `"${node}" cannot be probed: ${(error as Error).message}.`,
    )
  }
}

export const probe: CommandDefinition<ProbeCommandOptions, 'node'> = {
  name: 'probe',
  summary: "grade any DHT node against the protocol's rules",
  positional: { name: 'node', argument: '<host:port>', text: 'host:port of the node' },
  options: {
    ...NETWORK_OPTIONS,
    bind: {
      ...NETWORK_OPTIONS.bind,
      otherwise: "the system's choice",
      text: 'local address to ask from (repeatable: a second one shows more)',
    },
    rate: {
      kind: 'value',
      argument: '<n>',
      read: readInteger(1, 1_000_000),
      otherwise: '1.8 towards global addresses, no limit elsewhere',
      text: 'datagrams sent a second',
    },
    slow: { kind: 'flag', text: 'run the rules that wait for minutes as well' },
  },
  run,
}
