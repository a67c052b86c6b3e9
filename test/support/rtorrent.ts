import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'
import type { Program } from './program.ts'

export interface RtorrentOptions {
  /** Local address of its own. */
  readonly host: string
  /** TCP port for peers, UDP port for the DHT. */
  readonly port: number
  /** `host:port` of a DHT node. */
  readonly entry: string
  /** Folder with the content. */
  readonly folder: string
  /** Empty folder for its session. */
  readonly state: string
}

/** rtorrent without a terminal, with the DHT as its only source of peers; seeds what is in `folder`. */
export async function rtorrentSeeder(
  lab: Laboratory,
  torrent: string,
  { host, port, entry, folder, state }: RtorrentOptions,
): Promise<Program> {
  const config = join(state, 'rtorrent.rc')
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
    // Before that the node is not yet there to be told of others.
    `schedule2 = entry, 1, 5, ((dht.add_node, ((cat, "${entry}"))))`,
    `schedule2 = begin, 2, 0, ((load.start, ((cat, "${torrent}"))))`,
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  return lab.start('rtorrent', ['rtorrent', '-n', '-o', `import=${config}`])
}
