import type { PeerTerms } from '../peer/peer-wire.ts'

type Known = 'geometry' | 'pieces' | 'metadataSize' | 'grants' | 'private' | 'satisfied'

/**
 * Terms whose knowledge of the torrent is asked for when the handshakes are done, not when the peer is dialled: what was found on
 * the disk meanwhile counts.
 */
export function liveTerms(
  fixed: Omit<PeerTerms, Known>,
  known: () => Required<Pick<PeerTerms, Known>>,
): PeerTerms {
  return {
    ...fixed,
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
