import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import { SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { TORRENT, VirtualSwarm } from './virtual-swarm.ts'

const HALF = 512 * 1024

/** Two files of one length. */
function swarmOfTwo(): VirtualSwarm {
  return new VirtualSwarm({
    length: 2 * HALF,
    info: (payload) => {
      const { name, pieceLength, pieces } = parseInfo(payload.info, nodeCrypto)
      const files = ['a', 'b'].map((path) => ({ path: [path], length: HALF }))
      const bytes = encodeInfo({ name, pieceLength, pieces, files })
      return { bytes, infoHash: nodeCrypto.sha1(bytes) }
    },
  })
}

describe('a torrent that is complete and wants more again', () => {
  it('is told of once more: what it waits for, and that nothing moves', () => {
    const swarm = swarmOfTwo()
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({
      ...{ peers: [seed], informed: true },
      add: { select: [{ first: 0, last: 0 }] },
    })
    swarm.until(() => leech.verified === HALF)
    swarm.pass(10 * SECOND)
    seed.host.command({ kind: 'stop' })
    swarm.pass(30 * SECOND)
    const { findings, spent } = leech.progress
    assert.deepEqual(findings, [], 'it wants nothing')
    const change = { files: [{ first: 1, last: 1 }] }
    leech.host.command({ kind: 'select', torrent: TORRENT, change })
    swarm.pass(15 * SECOND)
    assert.equal(leech.progress.phase, 'downloading')
    const total = (all: typeof spent) => all.reduce((sum, { seconds }) => sum + seconds, 0)
    const more = total(leech.progress.spent) - total(spent)
    assert.ok(more > 13 && more <= 15, `${more} s`)
    assert.equal(leech.progress.findings[0]?.share, 1)
    const warnings = leech.events.filter(({ kind }) => kind === 'warning')
    assert.deepEqual(
      warnings.map((event) => event.kind === 'warning' && event.code),
      ['swarm/no-peers'],
    )
  })
})
