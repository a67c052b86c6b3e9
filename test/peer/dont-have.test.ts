import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latin1 } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import {
  ALL_BITS,
  EXTENDED,
  extended,
  FAST,
  HAVE_ALL,
  HostilePeer,
  handshake,
  hex,
  message,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { bits, GEOMETRY } from '../support/peer-pair.ts'

/** What we take it as. */
const OURS = 4
const ALL = message(5, hex('f0'))

const have = (piece: number): Uint8Array => message(4, uint32(piece))
const dontHave = (...pieces: number[]): Uint8Array => extended(OURS, uint32(...pieces))
const block = (piece: number, begin: number): Uint8Array =>
  message(7, uint32(piece, begin), new Uint8Array(BLOCK_LENGTH))
const reject = (piece: number, begin: number): Uint8Array => message(16, uint32(piece, begin, BLOCK_LENGTH))

/** A remote with everything that we asked for both blocks of the first piece and the first of the second. */
function asked(reserved: string): HostilePeer {
  const remote = HostilePeer.greeted(reserved)
  const { peer, owner, now } = remote.station
  owner.wanted = [
    { piece: 0, begin: 0, length: BLOCK_LENGTH },
    { piece: 0, begin: BLOCK_LENGTH, length: BLOCK_LENGTH },
    { piece: 1, begin: 0, length: BLOCK_LENGTH },
  ]
  peer.setInterested(now, true)
  remote.send(ALL, UNCHOKE)
  assert.equal(peer.outstanding, 3)
  remote.messages()
  remote.events.length = 0
  return remote
}

describe('pieces that the remote takes back (BEP 54)', () => {
  it('BF13: we offer to hear of them, of a private torrent too', () => {
    for (const isPrivate of [false, true]) {
      const remote = new HostilePeer({ terms: { private: isPrivate } }).send(handshake(EXTENDED))
      assert.match(Buffer.from(remote.heard(), 'hex').toString('latin1'), /11:lt_donthavei4e/)
    }
  })

  it('BF13: of a held one the owner learns, of one not held it does not', () => {
    const remote = HostilePeer.greeted().send(ALL, dontHave(2), dontHave(2))
    assert.deepEqual(remote.events, ['pieces 0 4', 'lost 2'])
    const { peer } = remote.station
    assert.deepEqual([peer.pieces!.count, peer.counters.idleClaims, remote.ending], [3, 1, undefined])
    assert.deepEqual(remote.send(have(2)).events.slice(2), ['have 2'])
  })

  it('BF13: of one that does not exist closes', () => {
    for (const piece of [4, 0xffffffff]) {
      assert.equal(HostilePeer.greeted().send(ALL, dontHave(piece)).ending, 'wire/bad-dont-have close')
    }
  })

  it('BF13: other lengths than four bytes are passed over', () => {
    const remote = HostilePeer.greeted().send(ALL, extended(OURS, latin1('abc')), dontHave(1, 2), dontHave())
    assert.deepEqual([remote.events, remote.ending], [['pieces 0 4'], undefined])
    assert.equal(remote.station.peer.counters.unknown, 3)
  })

  it('BF13: before the metadata they count too, and those outside the torrent close when it comes', () => {
    const table: [Uint8Array[], string | number][] = [
      [[HAVE_ALL, dontHave(1)], 3],
      [[HAVE_ALL, dontHave(1), dontHave(1), have(1)], 4],
      [[ALL, dontHave(0), dontHave(3)], 2],
      [[dontHave(2), have(1)], 1],
      [[HAVE_ALL, dontHave(9)], 'wire/bad-length-bitfield close'],
      [[HAVE_ALL, dontHave(0xffffffff)], 4],
    ]
    for (const [messages, expected] of table) {
      const unknown = { terms: { geometry: undefined, pieces: undefined } }
      const remote = HostilePeer.greeted(ALL_BITS, unknown).send(...messages)
      assert.deepEqual(remote.events, [])
      remote.station.peer.geometryKnown(remote.station.now, GEOMETRY, bits(4))
      assert.equal(remote.ending ?? remote.station.peer.pieces!.count, expected)
    }
  })

  it('BF13: without BEP 6 the requests for it come back, and a block that crossed it is used', () => {
    const remote = asked(EXTENDED).send(dontHave(0))
    assert.deepEqual(remote.events, [
      'lost 0',
      `released 0 0 ${BLOCK_LENGTH} lost`,
      `released 0 ${BLOCK_LENGTH} ${BLOCK_LENGTH} lost`,
    ])
    const { peer, owner, now } = remote.station
    assert.deepEqual([peer.outstanding, peer.request(now, 0, 0, BLOCK_LENGTH)], [1, false])
    remote.send(block(0, 0), block(1, 0))
    assert.deepEqual(owner.only('block'), [`block 0 0 ${BLOCK_LENGTH}`, `block 1 0 ${BLOCK_LENGTH}`])
    assert.equal(remote.ending, undefined)
  })

  it('BF13: with BEP 6 they wait for their rejects, which are no reason to ask for less', () => {
    const remote = asked(ALL_BITS).send(dontHave(0))
    const { peer, now } = remote.station
    assert.deepEqual([remote.events, peer.outstanding], [['lost 0'], 3])
    remote.send(reject(0, 0), reject(0, BLOCK_LENGTH))
    assert.deepEqual(remote.station.owner.only('released').length, 2)
    assert.deepEqual([peer.outstanding, peer.wantsRequests(now), remote.ending], [1, true, undefined])
  })

  it('BF13: who takes a piece back that we have is told so, which BF12 had left out', () => {
    const remote = HostilePeer.greeted(EXTENDED, { terms: { pieces: bits(4, 1) } }).send(ALL)
    remote.messages()
    remote.send(dontHave(2), dontHave(1))
    remote.seconds(4).expect(have(1))
  })

  it('BF14: turned to and fro the set stays exact, and it is a strike in the end', () => {
    const remote = HostilePeer.greeted().send(ALL)
    let turns = 0
    for (; turns < 100_000 && !remote.ending; turns++) {
      remote.send(turns % 2 === 0 ? dontHave(2) : have(2))
      if (!remote.ending) assert.equal(remote.station.peer.pieces!.has(2), turns % 2 === 1)
    }
    assert.equal(remote.ending, 'wire/flood-state strike')
    assert.ok(turns > 100 && turns < 200, `${turns} turns`)
  })

  it('BF14: a remote that gives back each of many pieces once is none the worse for it', () => {
    const remote = HostilePeer.greeted().send(ALL)
    for (let round = 0; round < 10; round++) {
      for (const piece of [0, 1, 2, 3]) remote.send(dontHave(piece), have(piece))
      remote.seconds(60)
    }
    assert.deepEqual([remote.ending, remote.station.owner.only('lost').length], [undefined, 40])
  })
})

describe('pieces that we take back (BEP 54)', () => {
  const request = (piece: number, begin: number): Uint8Array => message(6, uint32(piece, begin, BLOCK_LENGTH))
  /** What the remote takes it as. */
  const THEIRS = 7

  /** A remote that we serve. */
  function served(reserved: string, pieces = bits(4, 0, 1, 2, 3)): HostilePeer {
    const remote = HostilePeer.greeted(reserved, { terms: { pieces } })
    if (reserved !== FAST) remote.send(extended(0, latin1('d1:md11:lt_donthavei7eee')))
    remote.send(message(2))
    remote.station.peer.unchoke(remote.station.now)
    remote.station.owner.serves = false
    remote.messages()
    return remote
  }

  it('SV13: is told who understands it, once, and what was asked of it is refused, whether it is being read or not', () => {
    const remote = served(ALL_BITS)
    const { peer, now } = remote.station
    remote.send(request(1, 0), request(2, 0))
    peer.announceLost(now, 1)
    remote.expect(reject(1, 0), extended(THEIRS, uint32(1)))
  })

  it('SV6: who asks for it still is refused, and is none the worse for it', () => {
    const pieces = bits(4, 0, 1, 2, 3)
    const remote = served(FAST, pieces)
    const { peer, now } = remote.station
    pieces.remove(1)
    peer.announceLost(now, 1)
    remote.expect()
    for (let i = 0; i < 1000; i++) remote.send(request(1, 0))
    assert.equal(remote.ending, undefined)
    assert.equal(remote.messages().length, 1000)
  })

  it('SV13: what was about to be announced of it is not', () => {
    const remote = served(ALL_BITS)
    const { peer, now } = remote.station
    peer.announceHave(now, 3)
    peer.announceLost(now, 3)
    remote.expect(extended(THEIRS, uint32(3)))
  })
})
