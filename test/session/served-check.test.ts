import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Geometry } from '../../src/core/geometry.ts'
import { decodeJournal } from '../../src/session/journal.ts'
import { HashCount } from './hash-count.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LINE = { up: 1 << 20, down: 1 << 20 }
const LENGTH = 2 << 20
const PIECE = 64 * 1024
/** All that is served is looked at. */
const POLICIES = { swarm: { options: { servedCheck: 1 } } }

describe('files that are changed while they are served', () => {
  it('SV13: what a download has is fetched again where they are wrong, and nobody is given it meanwhile', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const rotten = swarm.join({ peers: [seed], rates: LINE, policies: POLICIES })
    swarm.until(() => rotten.done)
    for (const piece of [3, 9]) rotten.volume.rot(piece, 40_000)
    assert.ok(!rotten.whole)
    const leech = swarm.join({ peers: [rotten, seed], rates: LINE })
    swarm.until(() => leech.done && rotten.whole)
    assert.match(
      rotten.of('warning')[0]!.message,
      /^Piece [39] on the disk is not what it was, and is fetched again; more of it is looked at\.$/,
    )
    assert.deepEqual([...new Set(rotten.complaints)], ['storage/changed'])
    assert.equal(rotten.progress.received, LENGTH + 2 * PIECE)
    assert.equal(rotten.of('done').length, 1, 'it is no news that it has all')
    assert.ok(leech.whole)
    const journal = decodeJournal(swarm.infoHash, rotten.volume.journal, LENGTH / PIECE)
    assert.equal(journal!.writes.size, LENGTH / PIECE)
  })

  it('SV13: a seed, which writes nothing, serves the rest and says that it has the piece no more', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE, policies: POLICIES })
    swarm.until(() => seed.done)
    seed.volume.rot(5, 1)
    const leech = swarm.join({ peers: [seed], rates: LINE })
    swarm.until(() => seed.complaints.length > 0 && leech.verified === LENGTH - PIECE)
    assert.deepEqual(seed.complaints, ['storage/changed'])
    assert.match(seed.of('warning')[0]!.message, /is not served any more/)
    assert.deepEqual([seed.progress.phase, seed.session.pieces(1)!.count], ['seeding', LENGTH / PIECE - 1])
    const late = swarm.join({ peers: [seed, leech], rates: LINE })
    swarm.until(() => late.verified === LENGTH - PIECE)
    assert.deepEqual([late.banned, late.named], [[], []])
    assert.equal(new Geometry(LENGTH, PIECE).pieceCount, late.session.pieces(1)!.count + 1)
  })

  it('SV13: by default a small part of what is served is hashed, and nothing when that is turned off', () => {
    for (const [servedCheck, most] of [
      [undefined, 1 / 32],
      [0, 0],
    ] as const) {
      const swarm = new VirtualSwarm({ length: 16 << 20 })
      const count = new HashCount()
      const seed = swarm.join({
        mode: 'seed',
        policies: servedCheck === undefined ? {} : { swarm: { options: { servedCheck } } },
        ports: count.ports,
      })
      swarm.until(() => seed.done)
      count.pieces = 0
      const leech = swarm.join({ peers: [seed] })
      swarm.until(() => leech.done)
      assert.ok(count.pieces <= (most * (16 << 20)) / PIECE, `${count.pieces} pieces`)
      assert.equal(count.pieces > 0, most > 0)
    }
  })
})
