import type { Lodestone } from '../../index.ts'
import type { CommandContext, CommandDefinition } from '../command.ts'
import { NETWORK_OPTIONS, type NetworkOptions } from '../common-options.ts'
import { nobodyAnswered, refuseWithoutDht } from '../dht-errors.ts'
import { isInfoHash } from '../source.ts'
import { orStopped } from '../stopping.ts'
import { formatCount, toThousandths } from '../text.ts'
import { BadValue } from '../values.ts'
import { withNode } from '../with-node.ts'

export interface DhtSampleOptions extends NetworkOptions {
  readonly near?: string
}

async function run(options: DhtSampleOptions, context: CommandContext): Promise<number> {
  refuseWithoutDht(options, 'dht sample asks the DHT')
  return await withNode(options, context, (node, within) => sample(node, options.near, within))
}

async function sample(node: Lodestone, near: string | undefined, context: CommandContext): Promise<number> {
  const { output, stop } = context
  await orStopped(node.ready, stop, () => 'no node of the DHT has answered yet')
  // Its id is drawn at random, but for a state folder that keeps it.
  const walk = node.sample(near ?? node.addresses[0]!.nodeId!, { signal: stop })
  const told = new Set<string>()
  let nodes = 0
  const read = async (): Promise<void> => {
    for await (const { host, port, infoHashes, total, interval } of walk) {
      nodes += 1
      const fresh = infoHashes.filter((infoHash) => !told.has(infoHash))
      for (const infoHash of fresh) told.add(infoHash)
      output.answer({ event: 'sample', host, port, total, interval, infoHashes }, ...fresh)
    }
  }
  await orStopped(read(), stop, () => 'the walk is still under way')
  const { target, queries, responses, ms } = await walk.result
  context.resultCame()
  if (responses === 0) throw nobodyAnswered()
  output.log(
    'info',
    `${formatCount(told.size, 'info-hash', 'info-hashes')} told by ${formatCount(nodes, 'node')}`,
  )
  output.tell({
    event: 'done',
    target,
    queries,
    nodes,
    infoHashes: told.size,
    seconds: toThousandths(ms / 1000),
  })
  return 0
}

function readId(text: string): string {
  if (!isInfoHash(text)) throw new BadValue('give an id, 40 hex or 32 base32 digits')
  return text
}

export const dhtSample: CommandDefinition<DhtSampleOptions, never> = {
  name: 'dht sample',
  summary: 'ask nodes of the DHT which info-hashes they keep',
  options: {
    near: {
      kind: 'value',
      argument: '<id>',
      read: readId,
      otherwise: "this node's own id",
      text: 'the id that is walked towards',
    },
    ...NETWORK_OPTIONS,
  },
  run,
}
