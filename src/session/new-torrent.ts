import type { Micros } from '../core/time.ts'
import { Torrent } from '../swarm/torrent.ts'
import type { TorrentEvent } from '../swarm/torrent-effects.ts'
import type { PeerHome } from './peer-link.ts'
import { publicPort } from './public-port.ts'
import { swarmOptions } from './swarm-options.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** The machine of a torrent, for the driver (`home`) that it is to be driven by. */
export function newTorrent(
  now: Micros,
  init: TorrentDriverInit,
  home: PeerHome,
  touch: () => void,
  event: (event: TorrentEvent) => void,
): Torrent {
  const { ports, source, policies } = init
  const torrent: Torrent = new Torrent({
    now,
    infoHash: source.infoHash,
    v2Hash: source.v2Hash,
    peerId: init.peerId,
    options: swarmOptions(init),
    dice: ports.random.dice,
    sha1: ports.crypto.sha1,
    sha256: ports.crypto.sha256,
    limits: init.limits,
    account: init.memory.pieces.join(() => torrent.memoryCame()),
    listenPort: (family) => publicPort(init, family),
    dhtPort: init.dht === undefined ? undefined : init.port,
    policies,
    effects: {
      ...init.peers.dialsOf(home),
      own: () => [...(init.dht?.external ?? []), ...init.own],
      touch,
      event,
    },
  })
  return torrent
}
