/**
 * A DHT of nodes of the package bittorrent-dht, one address each, all in this process:
 * `foreign-dht.ts <prefix, such as 127.0.1.> <first> <count> <port> [entry]`. With an entry (`host:port`) they join a network that is there,
 * and keep announcements to themselves: saying them would be most of their work under load.
 * Says `ready` once every node has bootstrapped, and `announced <info-hash> <host:port>` for each announcement that a node
 * takes; told `ping <host> <port>`, each node pings there. Ends with its input.
 */
import { createInterface } from 'node:readline'
import { Client } from 'bittorrent-dht'

const [prefix = '', first = '', count = '', port = '', entry] = process.argv.slice(2)
const hosts = Array.from({ length: Number(count) }, (_, i) => `${prefix}${Number(first) + i}`)

// Nodes join one after another and know the first three: a network that is whole from the start.
const nodes: Client[] = []
for (const host of hosts) nodes.push(await join(host))
console.log('ready')

const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const [word, targetHost = '', targetPort = ''] = line.split(' ')
  if (word !== 'ping') return
  for (const node of nodes) node.addNode({ host: targetHost, port: Number(targetPort) })
})
input.on('close', () => process.exit(0))

function join(host: string): Promise<Client> {
  const others = hosts.slice(0, Math.min(3, nodes.length)).map((other) => `${other}:${port}`)
  const known = entry === undefined ? others : [entry]
  const node = new Client({ bootstrap: known.length > 0 ? known : false, host })
  if (entry === undefined)
    node.on('announce', (peer: { host: string; port: number }, infoHash: Uint8Array) => {
      console.log(`announced ${Buffer.from(infoHash).toString('hex')} ${peer.host}:${peer.port}`)
    })
  node.on('warning', (warning: Error) => console.error(`${host}: ${warning.message}`))
  node.listen(Number(port), host)
  return new Promise((resolve) => node.once('ready', () => resolve(node)))
}
