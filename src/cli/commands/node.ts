import type { Lodestone, NetworkSummary } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { orStopped } from '../stopping.ts'
import { PORT_MAPPING_OPTION, type PortMappingOption, RECORD_OPTION } from '../transfer-options.ts'
import { withNode } from '../with-node.ts'

export interface NodeOptions extends NetworkOptions, PortMappingOption {
  readonly record?: string
}

/** Milliseconds between two lines of numbers. */
const PACE = 10_000

async function run(options: NodeOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'node is a DHT node')
  return await withNode(options, context, (node, within) => serve(node, within))
}

async function serve(node: Lodestone, context: CommandContext): Promise<never> {
  const { output, stop } = context
  const tellStats = (): void => {
    const stats = node.stats()
    const { nodes, nodes6, queriesIn, queriesOut, responses, timeouts, hashes, peers, dropped, network } =
      stats
    output.tell(
      { event: 'stats', ...stats },
      `${network.status}${reachText(network)} · ${nodes + nodes6} nodes · ${queriesIn} queries in, ${queriesOut} out · ${responses} answers, ` +
        `${timeouts} timeouts · ${peers} peers of ${hashes} hashes kept · ${dropped} dropped`,
    )
  }
  const still = context.every(PACE, tellStats)
  try {
    await orStopped(node.ready, stop, () => 'no node of the DHT has answered yet')
    context.resultCame()
    return await orStopped(new Promise<never>(() => {}), stop)
  } finally {
    still()
  }
}

/** Whether others get through to us, and by which port of the gateway. */
function reachText({ reachable, mapped }: NetworkSummary): string {
  const reach = reachable === undefined ? '' : reachable ? ', reachable' : ', not reachable'
  const port = mapped?.udp ?? mapped?.tcp
  return port === undefined ? reach : `${reach}, port ${port} of the gateway`
}

export const node: CommandDefinition<NodeOptions, never> = {
  name: 'node',
  summary: 'run a DHT node until stopped',
  options: { ...PORT_MAPPING_OPTION, ...RECORD_OPTION, ...NETWORK_OPTIONS },
  run,
}
