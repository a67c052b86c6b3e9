import { fileURLToPath } from 'node:url'
import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

export const DHT_PORT = 6881

/** A DHT inside a laboratory; one process, every node on an address of its own. */
export class DhtNetwork {
  readonly #program: Program
  /** `host:port` of one node: what a user would give as bootstrap address. */
  readonly entry: string

  private constructor(program: Program, entry: string) {
    this.#program = program
    this.entry = entry
  }

  /** `kind`: nodes of the package bittorrent-dht, or our own. Their addresses are `prefix` and `first`, `first + 1`, ... */
  static async start(
    lab: Laboratory,
    kind: 'foreign' | 'own',
    prefix: string,
    first: number,
    count: number,
  ): Promise<DhtNetwork> {
    const script = fileURLToPath(new URL(`./${kind}-dht.ts`, import.meta.url))
    const place = [prefix, String(first), String(count), String(DHT_PORT)]
    const program = lab.start(`${kind} dht`, [process.execPath, '--import', 'tsx', script, ...place])
    await program.line('ready', (line) => line === 'ready', 60_000)
    return new DhtNetwork(program, `${prefix}${first + 1}:${DHT_PORT}`)
  }

  /** Resolves once a node has stored an announcement for that info-hash; `port`: of that peer. */
  async announced(infoHash: string, timeoutMs: number, port?: number): Promise<void> {
    const said = (line: string): boolean =>
      line.startsWith(`announced ${infoHash} `) && (port === undefined || line.endsWith(`:${port}`))
    await this.#program.line(`an announcement of ${infoHash}`, said, timeoutMs)
  }

  /** Makes each node ping that address, so that the program there takes it into its table. */
  ping(host: string, port: number): void {
    this.#program.write(`ping ${host} ${port}\n`)
  }
}
