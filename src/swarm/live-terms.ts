import type { Address } from '../core/address.ts'
import type { PeerOwner, PeerTerms } from '../peer/peer-wire.ts'
import type { Crowd } from './crowd.ts'
import type { TorrentHashes } from './torrent-hashes.ts'
import type { TorrentInit } from './torrent-init.ts'

type Known = 'geometry' | 'pieces' | 'metadataSize' | 'grants' | 'private' | 'satisfied'

/**
 * Terms whose knowledge of the torrent is asked for when the handshakes are done, not when the peer (`to`) is dialled: what was found on
 * the disk meanwhile counts.
 */
export function liveTerms(
  init: Pick<TorrentInit, 'limits' | 'dhtPort' | 'listenPort'>,
  owner: PeerOwner & {
    readonly names: TorrentHashes
    readonly private: boolean
    readonly crowd: Pick<Crowd, 'punching'>
  },
  to: Address | undefined,
  known: () => Required<Pick<PeerTerms, Known>>,
): PeerTerms {
  return {
    infoHash: owner.names.towards(to),
    get v2Hash() {
      return owner.names.v2
    },
    owner,
    limits: init.limits,
    dht: init.dhtPort !== undefined && !owner.private,
    listenPort: (family) => init.listenPort(family),
    punching: owner.crowd.punching,
    get geometry() {
      return known().geometry
    },
    get pieces() {
      return known().pieces
    },
    get metadataSize() {
      return known().metadataSize
    },
    get grants() {
      return known().grants
    },
    get private() {
      return known().private
    },
    get satisfied() {
      return known().satisfied
    },
  }
}
