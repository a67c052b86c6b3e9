/** A DHT node that tells now and then what it does, until `signal` fires. */
import { type NodeStats, type OpenOptions, open } from '../../src/index.ts'

export async function runNode(signal: AbortSignal, options: OpenOptions = {}): Promise<NodeStats> {
  const node = await open(options)
  try {
    const { nodes, ms } = await node.ready
    console.log(`In the DHT after ${ms} ms, with ${nodes} nodes`)
    for await (const event of node.events({ signal })) {
      if (event.type === 'warning') console.log(event.message)
    }
    return node.stats()
  } finally {
    await node.close()
  }
}
