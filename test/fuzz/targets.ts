import { Fuzzer } from '../support/fuzzer.ts'
import { anything, dictionaries, exchange, extensions, punches, trees } from './attacks.ts'
import { CodecTarget } from './codec-target.ts'
import { ACCEPTED, DIALLED } from './encrypted-format.ts'
import { FRAMES } from './framing.ts'
import { GATEWAY_ANSWER, GATEWAY_XML } from './gateway-answers.ts'
import { HostileDatagrams } from './hostile-datagrams.ts'
import { HostileSwarm } from './hostile-swarm.ts'
import { LINK } from './link-format.ts'
import {
  EXTENSION_HANDSHAKE,
  HASH_MESSAGE,
  HOLE_PUNCH,
  METADATA_MESSAGE,
  PEER_EXCHANGE,
} from './message-formats.ts'
import { JOURNAL, RECORD, STATE_FILE } from './saved-formats.ts'
import { SOCKS_ANSWERS } from './socks-answers.ts'
import { byTurns, type FuzzTarget } from './target.ts'
import { TORRENT_FILE } from './torrent-format.ts'
import { TRACKER_ANSWER, UDP_TRACKER_ANSWER } from './tracker-format.ts'
import { WEB_ANSWER } from './web-format.ts'

/** What may be chosen by name, each from a seed: a format alone, or by turns with a torrent whose peers speak it. */
export const TARGETS: Readonly<Record<string, (seed: number) => FuzzTarget>> = {
  dht: (seed) => new Fuzzer(seed, 4),
  dht6: (seed) => new Fuzzer(seed, 6),
  framing: (seed) => byTurns(new CodecTarget(FRAMES, seed), new HostileSwarm(seed, 'active', anything)),
  extension: (seed) =>
    byTurns(new CodecTarget(EXTENSION_HANDSHAKE, seed), new HostileSwarm(seed, 'active', extensions)),
  metadata: (seed) =>
    byTurns(new CodecTarget(METADATA_MESSAGE, seed), new HostileSwarm(seed, 'metadata', dictionaries)),
  pex: (seed) => byTurns(new CodecTarget(PEER_EXCHANGE, seed), new HostileSwarm(seed, 'active', exchange)),
  punch: (seed) => byTurns(new CodecTarget(HOLE_PUNCH, seed), new HostileSwarm(seed, 'active', punches)),
  encrypted: (seed) => byTurns(new CodecTarget(ACCEPTED, seed), new CodecTarget(DIALLED, seed)),
  hashes: (seed) => byTurns(new CodecTarget(HASH_MESSAGE, seed), new HostileSwarm(seed, 'hashes', trees)),
  magnet: (seed) => new CodecTarget(LINK, seed),
  metainfo: (seed) => new CodecTarget(TORRENT_FILE, seed),
  tracker: (seed) =>
    byTurns(new CodecTarget(TRACKER_ANSWER, seed), new CodecTarget(UDP_TRACKER_ANSWER, seed)),
  web: (seed) => new CodecTarget(WEB_ANSWER, seed),
  socks: (seed) => new CodecTarget(SOCKS_ANSWERS, seed),
  gateway: (seed) => byTurns(new CodecTarget(GATEWAY_ANSWER, seed), new CodecTarget(GATEWAY_XML, seed)),
  journal: (seed) => new CodecTarget(JOURNAL, seed),
  utp: (seed) => new HostileDatagrams(seed),
  state: (seed) => byTurns(new CodecTarget(STATE_FILE, seed), new CodecTarget(RECORD, seed)),
}
