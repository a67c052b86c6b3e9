import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Geometry } from '../../src/core/geometry.ts'
import { RemotePieces } from '../../src/peer/remote-pieces.ts'
import {
  FAST,
  HAVE_ALL,
  HAVE_NONE,
  HostilePeer,
  hex,
  INTERESTED,
  message,
  PLAIN,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { bits, GEOMETRY } from '../support/peer-pair.ts'

const have = (piece: number): Uint8Array => message(4, uint32(piece))
const bitfield = (text: string): Uint8Array => message(5, hex(text))
const UNKNOWN = { terms: { geometry: undefined, pieces: undefined } }

describe('what the remote has', () => {
  it('BF2: spare bits are masked, and do not make a seed', () => {
    const { peer } = HostilePeer.greeted().send(bitfield('ef')).station
    assert.deepEqual([peer.pieces!.count, peer.pieces!.full, peer.pieces!.bytes], [3, false, hex('e0')])
  })

  it('BF3: without a bitfield it is nothing', () => {
    const { peer } = HostilePeer.greeted(PLAIN).send(UNCHOKE).station
    assert.equal(peer.pieces!.count, 0)
  })

  it('BF4, FX4: a later set replaces an earlier one, and the owner learns both', () => {
    const remote = HostilePeer.greeted().send(bitfield('c0'), have(3), bitfield('20'), HAVE_ALL, HAVE_NONE)
    assert.deepEqual(remote.events, ['pieces 0 2', 'have 3', 'pieces 3 1', 'pieces 1 4', 'pieces 4 0'])
  })

  it('BF5: all ones, have-all and every HAVE are the same', () => {
    for (const messages of [[bitfield('f0')], [HAVE_ALL], [have(0), have(1), have(2), have(3)]]) {
      const { peer } = HostilePeer.greeted(FAST).send(...messages).station
      assert.deepEqual([peer.pieces!.full, peer.pieces!.bytes], [true, hex('f0')])
    }
  })

  it('BF6: claims made before the metadata are checked when it comes', () => {
    const table: [Uint8Array[], string | number][] = [
      [[bitfield('c0')], 2],
      [[bitfield('cf')], 2],
      [[bitfield('c0'), have(3)], 3],
      [[have(0), have(2)], 2],
      [[HAVE_ALL], 4],
      [[HAVE_ALL, HAVE_NONE], 0],
      [[HAVE_NONE, have(1)], 1],
      [[bitfield('c000')], 'wire/bad-length-bitfield close'],
      [[bitfield('c0'), have(9)], 'wire/bad-length-bitfield close'],
      [[have(1), have(200)], 'wire/bad-length-bitfield close'],
      [[], 0],
    ]
    for (const [messages, expected] of table) {
      const remote = HostilePeer.greeted(FAST, UNKNOWN).send(...messages)
      assert.deepEqual(remote.events, [])
      const { peer, now } = remote.station
      peer.geometryKnown(now, GEOMETRY, bits(4))
      assert.equal(remote.ending ?? peer.pieces!.count, expected)
      if (!remote.ending) assert.deepEqual(remote.events, [`pieces none ${expected}`])
    }
  })

  it('BF6: a bitfield larger than any legal one closes before the metadata too', () => {
    const remote = HostilePeer.greeted(PLAIN, UNKNOWN)
    remote.send(message(5, new Uint8Array(262_145)))
    assert.equal(remote.ending, 'wire/bad-length-bitfield close')
  })

  for (const piece of [4, 0x80000000, 0xffffffff]) {
    it(`BF7: HAVE ${piece} of four closes`, () => {
      assert.equal(HostilePeer.greeted().send(have(piece)).ending, 'wire/bad-have close')
    })
  }

  it('BF8: a HAVE far outside is ignored before the metadata', () => {
    const remote = HostilePeer.greeted(PLAIN, UNKNOWN)
    remote.send(have(0x7fffffff), have(0x200000), have(2))
    remote.station.peer.geometryKnown(remote.station.now, GEOMETRY, bits(4))
    assert.deepEqual(remote.events, ['pieces none 1'])
  })

  it('BF9: a repeated HAVE is told once and counted', () => {
    const remote = HostilePeer.greeted()
    for (let i = 0; i < 1000; i++) remote.send(have(1))
    assert.deepEqual(remote.events, ['have 1'])
    assert.equal(remote.station.peer.counters.idleClaims, 999)
  })

  it('FX2: messages of BEP 6 close when it was not negotiated', () => {
    const messages = [
      HAVE_ALL,
      HAVE_NONE,
      message(13, uint32(1)),
      message(17, uint32(1)),
      message(16, uint32(1, 0, 9)),
    ]
    for (const sent of messages) {
      assert.equal(HostilePeer.greeted(PLAIN).send(sent).ending, 'wire/fast-not-negotiated close')
    }
  })

  it('FX6, FX7: allowed-fast says nothing about having, and is ignored outside the torrent', () => {
    const remote = HostilePeer.greeted().send(message(17, uint32(2)), message(17, uint32(4)))
    assert.deepEqual(remote.events, ['allowedFast 2'])
    const { peer, now } = remote.station
    const asks = (piece: number): boolean => peer.request(now, piece, 0, 16_384)
    assert.deepEqual([peer.pieces!.has(2), asks(2)], [false, false])
    remote.send(have(2))
    assert.deepEqual([asks(2), asks(1)], [true, false])
  })

  it('FX7: grants before the metadata are kept, up to a hundred', () => {
    const remote = HostilePeer.greeted(FAST, UNKNOWN).send(message(17, uint32(0x200001)))
    for (let piece = 0; piece < 200; piece++) remote.send(message(17, uint32(piece)))
    assert.equal(remote.station.peer.counters.idleClaims, 101)
    const geometry = new Geometry(50, 1)
    remote.station.peer.geometryKnown(remote.station.now, geometry, bits(50))
    assert.equal(remote.station.owner.only('allowedFast').length, 50)
  })

  it('FX16: suggestions are noted, the latest last; outside the torrent or again they are counted', () => {
    const remote = HostilePeer.greeted()
    for (const piece of [1, 3, 4, 0xffffffff, 1]) remote.send(message(13, uint32(piece)))
    assert.deepEqual([remote.events, remote.ending], [[], undefined], 'nothing follows from them')
    const { peer } = remote.station
    assert.deepEqual([peer.remote.suggested, peer.counters.idleClaims], [[3, 1], 3])
  })

  it('FX16: of a flood of suggestions the latest sixteen are kept', () => {
    const remote = HostilePeer.greeted(FAST, UNKNOWN)
    for (let piece = 0; piece < 10_000; piece++) remote.send(message(13, uint32(piece)))
    const { peer } = remote.station
    assert.deepEqual(
      peer.remote.suggested,
      Array.from({ length: 16 }, (_, i) => 9984 + i),
    )
    assert.deepEqual([peer.counters.idleClaims, remote.ending], [9984, undefined])
  })

  it('FX16: suggests nothing to a remote without BEP 6', () => {
    const said = [PLAIN, FAST].map((reserved) => {
      const remote = HostilePeer.greeted(reserved)
      const before = remote.messages().length
      remote.station.peer.suggest(remote.station.now, 2)
      return remote.messages().slice(before)
    })
    assert.deepEqual(said, [[], ['0d00000002']])
  })

  it('any history of claims leaves the set of a plain model', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constantFrom('have' as const, 'lost' as const),
        piece: fc.integer({ min: 0, max: 20 }),
      }),
      fc.record({ kind: fc.constant('set' as const), bytes: fc.uint8Array({ minLength: 3, maxLength: 3 }) }),
      fc.record({ kind: fc.constant('all' as const), all: fc.boolean() }),
      fc.record({ kind: fc.constant('count' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const pieces = new RemotePieces(64, undefined)
        let model = new Set<number>()
        for (const it of steps) {
          if (it.kind === 'have') {
            pieces.add(it.piece)
            model.add(it.piece)
          } else if (it.kind === 'lost') {
            pieces.remove(it.piece)
            model.delete(it.piece)
          } else if (it.kind === 'set') {
            pieces.replace(it.bytes)
            model = new Set([...Array(21).keys()].filter((i) => it.bytes[i >> 3]! & (0x80 >> (i & 7))))
          } else if (it.kind === 'all') {
            pieces.replaceByAll(it.all)
            model = new Set(it.all ? Array(21).keys() : [])
          } else if (!pieces.known) assert.equal(pieces.countKnown(21), true)
        }
        if (!pieces.known) assert.equal(pieces.countKnown(21), true)
        assert.deepEqual(
          [...Array(21).keys()].filter((i) => pieces.known!.has(i)),
          [...model].sort((a, b) => a - b),
        )
        assert.equal(pieces.known!.count, model.size)
      }),
      { numRuns: 300 },
    )
  })
})

describe('what we tell the remote', () => {
  it('BF10: interest is said once per round, and only when it changed', () => {
    const remote = HostilePeer.greeted()
    const { peer, now } = remote.station
    peer.setInterested(now, true)
    peer.setInterested(now, false)
    peer.setInterested(now, true)
    remote.send(have(1)).expect(INTERESTED)
    peer.setInterested(now, false)
    peer.setInterested(now, true)
    remote.station.settle()
    remote.expect()
  })

  it('BF12: HAVEs are sent at settle, except of pieces that the remote has', () => {
    const remote = HostilePeer.greeted().send(have(1))
    for (let piece = 0; piece < 3; piece++) remote.station.peer.announceHave(remote.station.now, piece)
    remote.expect()
    remote.station.settle()
    remote.expect(have(0), have(2))
  })

  it('BF12: who has everything is told of each, so that a seed knows what nobody has', () => {
    const remote = HostilePeer.greeted(FAST).send(HAVE_ALL)
    const { station } = remote
    for (const piece of [0, 2]) station.peer.announceHave(station.now, piece)
    station.settle()
    remote.expect(have(0), have(2))
  })

  it('BF12: what a choked remote cannot ask for waits for other HAVEs, or goes along with what else is said', () => {
    const remote = HostilePeer.greeted(PLAIN).seconds(1)
    const { station } = remote
    const gain = (piece: number): void => {
      station.peer.announceHave(station.now, piece, false)
      station.settle()
    }
    gain(0)
    remote.seconds(3)
    gain(1)
    remote.expect()
    remote.seconds(1).expect(have(0), have(1)).seconds(1)
    gain(2)
    station.peer.unchoke(station.now)
    station.settle()
    remote.expect(UNCHOKE, have(2))
    gain(3)
    remote.expect(have(3))
  })

  it('BF12: a HAVE that waits for others is no reason to look at a peer again, but the first and one that it waits for are', () => {
    const remote = HostilePeer.greeted(PLAIN).seconds(1)
    const { station } = remote
    const touches = (piece: number, soon = false): number => {
      const before = station.touches
      station.peer.announceHave(station.now, piece, soon)
      return station.touches - before
    }
    assert.deepEqual([touches(0), touches(1), touches(2, true)], [1, 0, 1])
    station.settle()
    remote.expect(have(0), have(1), have(2))
    assert.equal(touches(3), 1, 'it goes along with what was said at this moment')
  })

  it('BF10: that interest is over waits while the remote chokes us, and may pass unsaid', () => {
    const remote = HostilePeer.greeted()
    const { station } = remote
    const turn = (interested: boolean): void => {
      station.peer.setInterested(station.now, interested)
      station.settle()
    }
    turn(true)
    remote.expect(INTERESTED)
    turn(false)
    remote.seconds(3)
    turn(true)
    turn(false)
    remote.seconds(3).expect()
    remote.seconds(1).expect(message(3))
    turn(true)
    turn(false)
    remote.expect(INTERESTED)
    remote.send(UNCHOKE).expect(message(3))
  })

  it('BF15, EX17: what we had when the metadata came late is told by HAVEs', () => {
    const remote = HostilePeer.greeted(PLAIN, UNKNOWN)
    remote.station.peer.geometryKnown(remote.station.now, GEOMETRY, bits(4, 1, 3))
    remote.station.settle()
    remote.expect(have(1), have(3))
  })

  it('HAVEs wait while the remote does not read', () => {
    const geometry = new Geometry(100_000, 1)
    const remote = HostilePeer.greeted(PLAIN, { terms: { geometry, pieces: bits(100_000) } })
    remote.station.drains = false
    for (let piece = 0; piece < 100_000; piece++) remote.station.peer.announceHave(remote.station.now, piece)
    for (let i = 0; i < 5; i++) remote.station.settle()
    const sent = remote.heard().length / 2
    assert.ok(sent >= 512 * 1024 - 100 && sent < 512 * 1024 + 9)
    remote.station.drains = true
    remote.station.settle()
    assert.equal(remote.heard().length / 2 + sent, 900_000)
  })
})
