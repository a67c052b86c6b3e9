/**
 * DHT nodes over real loopback sockets, all in this process: `loopback-dht-job.ts <foreign | own> <nodes>`, with `--expose-gc`. Says
 * its figures as one JSON line.
 */
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { Client } from 'bittorrent-dht'
import { open } from '../../src/index.ts'

const LOOKUPS = 200
/** Taken by nobody else at the addresses that are used here. */
const PORT = 20_017
/** Nodes of one /24. */
const OF_SUBNET = 250

/** A node as far as it is measured. */
interface Node {
  lookUp(infoHash: string): Promise<void>
}

const PROGRAMS: Readonly<
  Record<string, (host: string, port: number, known: readonly string[]) => Promise<Node>>
> = {
  foreign: (host, port, known) => {
    const node = new Client({ host, bootstrap: known.length > 0 ? known : false })
    // A loss over loopback is an overrun of a socket's buffer: it takes part in the figures as it is.
    node.on('warning', () => {})
    node.listen(port, host)
    const lookUp = (infoHash: string): Promise<void> =>
      new Promise((resolve) => node.lookup(infoHash, () => resolve()))
    return new Promise((resolve) => node.once('ready', () => resolve({ lookUp })))
  },
  own: async (host, port, known) => {
    const bootstrap = known.length > 0 ? known : ('none' as const)
    const node = await open({ bind: [host], port, bootstrap, listen: false, state: false })
    await node.ready
    const lookUp = async (infoHash: string): Promise<void> => {
      for await (const _peer of node.lookup(infoHash));
    }
    return { lookUp }
  },
}

function liveBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function measured(join: (typeof PROGRAMS)[string], count: number): Promise<object> {
  const port = PORT
  const hosts = Array.from(
    { length: count },
    (_, i) => `127.9.${Math.floor(i / OF_SUBNET)}.${1 + (i % OF_SUBNET)}`,
  )
  const empty = liveBytes()
  const begun = performance.now()
  const nodes: Node[] = []
  for (const host of hosts) {
    const known = hosts.slice(0, Math.min(3, nodes.length)).map((other) => `${other}:${port}`)
    nodes.push(await join(host, port, known))
  }
  const bootstrapSeconds = (performance.now() - begun) / 1000
  const nodeBytes = (liveBytes() - empty) / count
  const from = performance.now()
  for (let i = 0; i < LOOKUPS; i++) await nodes[(i * 7) % count]!.lookUp(randomBytes(20).toString('hex'))
  return { nodes: count, bootstrapSeconds, nodeBytes, lookupMs: (performance.now() - from) / LOOKUPS }
}

const [program = '', nodes = ''] = process.argv.slice(2)
console.log(JSON.stringify(await measured(PROGRAMS[program]!, Number(nodes))))
process.exit(0)
