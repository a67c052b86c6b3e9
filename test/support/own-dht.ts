/**
 * A DHT of our own nodes, one address each, all in this process:
 * `own-dht.ts <prefix, such as 10.77.1. or fd77::> <first> <count> <port>`.
 * Says `ready` once every node has bootstrapped; told `ping <host> <port>`, each node pings there; told
 * `watch <info-hash>`, it says `announced <info-hash> <host:port>` for each peer as soon as a look-up finds it. Ends with its
 * input.
 */
import { createInterface } from 'node:readline'
import { type Lodestone, open } from '../../src/index.ts'

const [prefix = '', first = '', count = '', port = ''] = process.argv.slice(2)
const hosts = Array.from({ length: Number(count) }, (_, i) => `${prefix}${Number(first) + i}`)

const nodes: Lodestone[] = []
for (const host of hosts) nodes.push(await join(host))
await Promise.all(nodes.map((node) => node.ready))
console.log('ready')

const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const [word, first = '', second = ''] = line.split(' ')
  if (word === 'ping') for (const node of nodes) void ping(node, first, Number(second))
  if (word === 'watch') void watch(first)
})
input.on('close', () => process.exit(0))

/** The first three are what the others are told. */
function join(host: string): Promise<Lodestone> {
  const known = hosts
    .slice(0, Math.min(3, nodes.length))
    .map((other) => (other.includes(':') ? `[${other}]:${port}` : `${other}:${port}`))
  const bootstrap = known.length > 0 ? known : 'none'
  return open({ bind: [host], port: Number(port), bootstrap, listen: false, state: false })
}

async function ping(node: Lodestone, targetHost: string, targetPort: number): Promise<void> {
  try {
    await node.ping(targetHost, targetPort)
    console.log(`answered by ${targetHost}:${targetPort}`)
  } catch (error) {
    console.error(`no answer: ${error}`)
  }
}

async function watch(infoHash: string): Promise<never> {
  const known = new Set<string>()
  for (;;) {
    for await (const peer of nodes.at(-1)!.lookup(infoHash)) {
      const text = `${peer.host}:${peer.port}`
      if (!known.has(text)) console.log(`announced ${infoHash} ${text}`)
      known.add(text)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
