/** A DHT of our own on loopback, which knows nobody else and leaves nothing behind. */
import {
  type CreatedTorrent,
  createTorrent,
  type Lodestone,
  type OpenOptions,
  open,
} from '../../src/index.ts'

export class PrivateNetwork {
  readonly nodes: readonly Lodestone[]

  private constructor(nodes: readonly Lodestone[]) {
    this.nodes = nodes
  }

  /** `size` nodes; all but the first know the first one's address. */
  static async start(size: number): Promise<PrivateNetwork> {
    const first = await open({ ...LOOPBACK, bootstrap: 'none' })
    const options = { ...LOOPBACK, bootstrap: [addressOf(first)] }
    const rest = await Promise.all(Array.from({ length: size - 1 }, () => open(options)))
    await Promise.all(rest.map((node) => node.ready))
    return new PrivateNetwork([first, ...rest])
  }

  /** What a newcomer needs to know. */
  get entry(): string {
    return addressOf(this.nodes[0]!)
  }

  get options(): OpenOptions {
    return { ...LOOPBACK, bootstrap: [this.entry] }
  }

  /** Makes the last node serve what is at `path`, which lies in `folder`; settles when others find it there. */
  async seed(path: string, folder: string): Promise<CreatedTorrent> {
    const created = await createTorrent(path)
    const [seeder, asker] = [this.nodes.at(-1)!, this.nodes.at(-2)!]
    const seeding = new Promise((resolve) => seeder.on('seeding', resolve))
    seeder.add(created.metainfo, { mode: 'seed', out: folder })
    await seeding
    while (!(await knowsPeers(asker, created.infoHash))) await pause(100)
    return created
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()))
  }
}

/** What is found here is found through the DHT. */
const LOOPBACK: OpenOptions = { bind: ['127.0.0.1'], port: 0, state: false, lsd: false }

function addressOf(node: Lodestone): string {
  const { host, port } = node.addresses[0]!
  return `${host}:${port}`
}

async function knowsPeers(node: Lodestone, infoHash: string): Promise<boolean> {
  for await (const _peer of node.lookup(infoHash)) return true
  return false
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
