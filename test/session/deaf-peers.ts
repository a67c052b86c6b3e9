import type { Address } from '../../src/core/address.ts'
import { Bitfield } from '../../src/core/bitfield.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import type { VirtualSwarm } from './virtual-swarm.ts'

const REQUESTS = 500

/** Remotes that ask for all they may as soon as they are unchoked, and never read again. */
export function deafPeers(swarm: VirtualSwarm, count: number, target: Address): ScriptedPeer[] {
  const { infoHash, payload } = swarm
  const { geometry } = payload
  return Array.from({ length: count }, (_, number) =>
    ScriptedPeer.join(swarm.world, {
      ...{ infoHash, peerId: latin1(`-XX0000-${String(number).padStart(12, '0')}`), geometry },
      ...{ pieces: new Bitfield(geometry.pieceCount), dials: [target], deafAfter: 'unchoked' },
      options: { startDepth: REQUESTS },
      on: {
        ready: (peer, now) => peer.setInterested(now, true),
        unchoked: (peer, now) => {
          const blocks = geometry.pieceLength / BLOCK_LENGTH
          for (let block = 0; peer.wantsRequests(now) && block < REQUESTS; block++) {
            const [piece, begin] = [Math.floor(block / blocks), (block % blocks) * BLOCK_LENGTH]
            peer.request(now, piece, begin, BLOCK_LENGTH)
          }
        },
      },
    }),
  )
}
