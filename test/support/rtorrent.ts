import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Laboratory, until } from './laboratory.ts'

export interface RtorrentOptions {
  /** Local address of its own. */
  readonly host: string
  /** TCP port for peers, UDP port for the DHT. */
  readonly port: number
  /** `host:port` of a DHT node. */
  readonly entry: string
  /** Folder with the content, or for it. */
  readonly folder: string
  /** Empty folder for its session. */
  readonly state: string
}

/**
 * rtorrent without a terminal, with the DHT as its only source of peers unless `further` lines say otherwise: seeds what is in `folder`,
 * or downloads into it. It reaches nobody whom it finds: 0.9.8 reads a peer's address from the wrong place in what the DHT answers
 * (`parse_address_bencode` of its library, 0.13.8). So others must dial it.
 */
export class Rtorrent {
  readonly #finished: string

  private constructor(finished: string) {
    this.#finished = finished
  }

  /** `source`: a torrent file or a magnet link. */
  static async start(
    lab: Laboratory,
    source: string,
    { host, port, entry, folder, state }: RtorrentOptions,
    further: readonly string[] = [],
  ): Promise<Rtorrent> {
    const config = join(state, 'rtorrent.rc')
    const finished = join(state, 'finished')
    const lines = [
      'system.daemon.set = true',
      `session.path.set = ${state}`,
      `directory.default.set = ${folder}`,
      `network.bind_address.set = ${host}`,
      `network.port_range.set = ${port}-${port}`,
      'network.port_random.set = no',
      'pieces.hash.on_completion.set = no',
      'protocol.pex.set = no',
      'trackers.use_udp.set = no',
      `dht.port.set = ${port}`,
      'dht.mode.set = on',
      // Its log goes to its terminal, which it has not: a file says the one thing that is waited for.
      `method.set_key = event.download.finished, tell, "execute.nothrow=touch,${finished}"`,
      // Before that the node is not yet there to be told of others.
      `schedule2 = entry, 1, 5, ((dht.add_node, ((cat, "${entry}"))))`,
      `schedule2 = begin, 2, 0, ((load.start, ((cat, "${source}"))))`,
      ...further,
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    lab.start('rtorrent', ['rtorrent', '-n', '-o', `import=${config}`])
    return new Rtorrent(finished)
  }

  /** Resolves once it has downloaded all. */
  complete(timeoutMs: number): Promise<void> {
    const isThere = (): Promise<boolean> =>
      access(this.#finished).then(
        () => true,
        () => false,
      )
    return until('rtorrent has it all', isThere, timeoutMs)
  }
}
