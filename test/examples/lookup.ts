/** The first peers that the DHT names for an info-hash; leaving the loop ends the look-up. */
import { type OpenOptions, open } from '../../src/index.ts'

export async function firstPeers(
  infoHash: string,
  count: number,
  options: OpenOptions = {},
): Promise<string[]> {
  const node = await open(options)
  const found: string[] = []
  try {
    await node.ready
    for await (const { host, port } of node.lookup(infoHash)) {
      found.push(`${host}:${port}`)
      if (found.length === count) break
    }
    return found
  } finally {
    await node.close()
  }
}
