import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH, type Geometry } from '../../src/core/geometry.ts'
import { MINUTE } from '../../src/core/time.ts'
import {
  CHOKE,
  EXTENDED,
  extended,
  HAVE_ALL,
  type HostilePeer,
  hex,
  INTERESTED,
  message,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { GEOMETRY } from '../support/peer-pair.ts'
import { LoneTorrent } from './lone-torrent.ts'
import { setOf } from './support.ts'

const FIRST_TWO = message(5, hex('c0'))
const uploadOnly = (is: number, more = ''): Uint8Array => extended(0, `d${more}11:upload_onlyi${is}ee`)

/** What our extension handshakes since the last time said of it. */
function said(remote: HostilePeer): string[] {
  const texts = remote.messages().map((text) => Buffer.from(text, 'hex').toString('latin1'))
  return texts.flatMap((text) => /11:upload_onlyi([01])e1:v/.exec(text)?.[1] ?? [])
}

/** All that `remote` is asked for, as it goes out. */
function give(remote: HostilePeer, geometry: Geometry, piece: number): void {
  for (let block = 0; block < geometry.blocksOf(piece); block++) {
    const length = geometry.blockLength(piece, block)
    remote.send(message(7, uint32(piece, block * BLOCK_LENGTH), new Uint8Array(length)))
  }
}

describe('wanting nothing more (BEP 21)', () => {
  it('EX12: is said in a new extension handshake once we have everything; BF11: seeds part', () => {
    const lone = new LoneTorrent(0, 1, 3)
    const [seed, leech, old] = [lone.enter(EXTENDED), lone.enter(), lone.enter('0000000000000004')]
    leech.send(FIRST_TWO)
    seed.send(message(5, hex('f0')), UNCHOKE)
    assert.deepEqual(said(leech), [])
    give(seed, GEOMETRY, 2)
    assert.equal(lone.torrent.download!.complete, true)
    assert.equal(seed.station.peer.closeReason, 'swarm/both-seeds')
    assert.deepEqual([said(leech), said(old)], [['1'], []])
    assert.equal(leech.station.peer.ready, true)
    assert.equal(lone.events.filter(({ kind }) => kind === 'complete').length, 1)
  })

  it('EX12: is said when the files turn out to be whole with peers there already', () => {
    const lone = new LoneTorrent(0, 1, 2, 3, 'later')
    const leech = lone.enter()
    lone.begin()
    leech.station.settle()
    assert.deepEqual(said(leech), ['1'])
  })

  it('EX12: is said by who has all that it wants, and not before', () => {
    const lone = new LoneTorrent(0, 1, 'later')
    const leech = lone.enter()
    lone.begin(setOf(4, [1, 2]))
    leech.station.settle()
    assert.deepEqual(said(leech), [])
    const other = new LoneTorrent(0, 1, 'later')
    const another = other.enter()
    other.begin(setOf(4, [0, 1]))
    another.station.settle()
    assert.deepEqual(said(another), ['1'])
  })

  it('EX12: who says it has no slot any more, and has one again when it says the contrary', () => {
    const remote = new LoneTorrent(0).enter().send(message(15), INTERESTED)
    remote.expect(UNCHOKE)
    remote.send(uploadOnly(1)).expect(CHOKE)
    remote.send(message(3), INTERESTED).expect()
    remote.send(extended(5, '\u0000')).expect(UNCHOKE)
  })

  it('EX12: a seed keeps a partial seed, which BF11 does not mean, and does not dial it once it has gone', () => {
    for (const is of [0, 1]) {
      const lone = new LoneTorrent(0, 1, 2, 3)
      const remote = lone.enter().send(uploadOnly(is, '1:pi6882e'), FIRST_TWO)
      const { peer, now } = remote.station
      assert.equal(peer.ready, true)
      peer.close(now, 'stream/ended')
      assert.equal(lone.torrent.crowd.pool.next(now + 60 * MINUTE)?.address.port, is === 1 ? undefined : 6882)
    }
  })

  it('BF13: a seed that took a piece back is one no more, and dialled again', () => {
    const lone = new LoneTorrent(0, 1, 2)
    const remote = lone.enter().send(uploadOnly(0, '1:pi6882e'), HAVE_ALL, extended(4, uint32(3)))
    const { peer, now } = remote.station
    lone.torrent.crowd.pool.setSeeding(true)
    peer.close(now, 'stream/ended')
    assert.equal(lone.torrent.crowd.pool.next(now + 60 * MINUTE)?.address.port, 6882)
  })
})
