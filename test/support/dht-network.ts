import { fileURLToPath } from 'node:url'
import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

const DHT_PORT = 6881

const SCRIPTS = {
  foreign: new URL('./foreign-dht.ts', import.meta.url),
  own: new URL('./own-dht.ts', import.meta.url),
}

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
    const script = fileURLToPath(SCRIPTS[kind])
    const place = [prefix, String(first), String(count), String(DHT_PORT)]
    const program = lab.start(`${kind} dht`, [process.execPath, '--import', 'tsx', script, ...place])
    await program.line('ready', (line) => line === 'ready', 60_000)
    const host = `${prefix}${first + 1}`
    return new DhtNetwork(program, `${host.includes(':') ? `[${host}]` : host}:${DHT_PORT}`)
  }

  /** Resolves once a peer has announced itself for that info-hash: one of that port, if it is given. */
  async announced(infoHash: string, timeoutMs: number, port?: number): Promise<void> {
    const said = (line: string): boolean =>
      line.startsWith(`announced ${infoHash} `) && (port === undefined || line.endsWith(`:${port}`))
    this.#program.write(`watch ${infoHash}\n`)
    await this.#program.line(`an announcement of ${infoHash}`, said, timeoutMs)
  }

  /** Makes each node ping that address, so that the program there takes it into its table. */
  ping(host: string, port: number): void {
    this.#program.write(`ping ${host} ${port}\n`)
  }
}
