/**
 * A network of our own nodes over loopback, all in this process, for the nodes that are measured to be part of: `population-job.ts <nodes>
 * <port>`, at 127.61.0.1 and on. Says `ready` once every node has bootstrapped. Ends with its input.
 */
import process from 'node:process'
import { type Lodestone, open } from '../../../src/index.ts'

/** Nodes of one /24. */
const OF_SUBNET = 250

const [count = '', port = ''] = process.argv.slice(2)
const hosts = Array.from(
  { length: Number(count) },
  (_, i) => `127.61.${Math.floor(i / OF_SUBNET)}.${1 + (i % OF_SUBNET)}`,
)
const nodes: Lodestone[] = []
for (const host of hosts) {
  const known = hosts.slice(0, Math.min(3, nodes.length)).map((other) => `${other}:${port}`)
  const bootstrap = known.length > 0 ? known : ('none' as const)
  const node = await open({ bind: [host], port: Number(port), bootstrap, listen: false, state: false })
  await node.ready
  nodes.push(node)
}
console.log('ready')
process.stdin.on('end', () => process.exit(0)).resume()
