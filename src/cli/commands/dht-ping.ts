import { LodestoneError } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { refuseWithoutDht } from '../dht-errors.ts'
import { orStopped } from '../stopping.ts'
import { toThousandths } from '../text.ts'
import { readAddress, readEndpoint } from '../values.ts'
import { withNode } from '../with-node.ts'

export interface DhtPingOptions extends NetworkOptions {
  readonly node: string
}

async function run(options: DhtPingOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'dht ping asks the DHT')
  const { host, port } = endpointOf(options)
  // One query needs no entry points, unless they were asked for.
  const alone = { ...options, bootstrap: options.bootstrap ?? ['none'] }
  return await withNode(alone, context, async (node, { output, stop }) => {
    const { ms, nodeId } = await orStopped(node.ping(host, port), stop, () => 'no answer yet')
    context.resultCame()
    output.answer(
      { event: 'pong', host, port, ms: toThousandths(ms), nodeId },
      `${nodeId} answered in ${Math.round(ms)} ms`,
    )
    output.tell({ event: 'done', host, port, seconds: toThousandths(ms / 1000) })
    return 0
  })
}

function endpointOf({ node }: DhtPingOptions): { host: string; port: number } {
  try {
    const { host, port } = readEndpoint(node)
    return { host: readAddress(host), port }
  } catch (error) {
    throw new LodestoneError(
      'usage',
      'usage/bad-source',
      `"${node}" cannot be pinged: ${(error as Error).message}.`,
    )
  }
}

export const dhtPing: CommandDefinition<DhtPingOptions, 'node'> = {
  name: 'dht ping',
  summary: 'ask one DHT node for a sign of life',
  positional: { name: 'node', argument: '<host:port>', text: 'host:port of the node' },
  options: NETWORK_OPTIONS,
  run,
}
