import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HashCount } from './hash-count.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const PIECES = 16

/** A seed whose turn ends, as another's begins, and comes again; `between` happens meanwhile. How many pieces are hashed in it. */
function hashedAgain(between: (seed: ReturnType<VirtualSwarm['join']>) => void) {
  const swarm = new VirtualSwarm()
  const count = new HashCount()
  const seed = swarm.join({
    mode: 'seed',
    session: { maxActiveSeeds: 1 },
    ports: count.ports,
  })
  swarm.until(() => seed.done)
  assert.equal(count.pieces, PIECES)
  const { pieces, length, pieceLength } = parseInfo(swarm.info, nodeCrypto)
  const metadata = encodeInfo({ name: 'other', pieces, length, pieceLength })
  const infoHash = nodeCrypto.sha1(metadata)
  const { files } = parseInfo(metadata, nodeCrypto)
  seed.host.disk.volume({ ...swarm.storeSpec(), files, infoHash }).fill(swarm.payload)
  const source = { infoHash, metadata, name: 'other', peers: [], nodes: [] }
  const options = { out: '/torrents', mode: 'seed', overwrite: false, recheck: false, maxPeers: 5 } as const
  seed.host.command({ kind: 'add', torrent: 2, source, options })
  seed.host.command({ kind: 'move', torrent: 2, place: 0 })
  swarm.until(() => seed.progress.phase === 'queued' && seed.of('done').length === 2)
  between(seed)
  count.pieces = 0
  seed.host.command({ kind: 'move', torrent: 1, place: 0 })
  swarm.until(() => ['seeding', 'failed'].includes(seed.progress.phase))
  return { hashed: count.pieces, phase: seed.progress.phase, complaints: seed.complaints }
}

describe('a seed that has its turn again', () => {
  it('is believed but for a sample while its files are as they were, and hashed where they are not', () => {
    assert.deepEqual(
      hashedAgain(() => {}),
      { hashed: 3, phase: 'seeding', complaints: [] },
    )
    const changed = hashedAgain((seed) => {
      seed.volume.lengths[0]! += 1
    })
    assert.deepEqual(changed, { hashed: PIECES, phase: 'seeding', complaints: [] })
  })

  it('is hashed whole when the sample is wrong, and refused as a seed that is not whole is', () => {
    const { hashed, phase, complaints } = hashedAgain((seed) => seed.volume.rot(0, 7))
    assert.deepEqual([hashed, phase, complaints], [PIECES, 'failed', ['storage/incomplete']])
  })
})
