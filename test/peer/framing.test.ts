import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { Framer, type FrameSink } from '../../src/peer/framer.ts'
import { defaultPeerOptions } from '../../src/peer/options.ts'
import {
  ALL_BITS,
  CHOKE,
  EXTENDED,
  extended,
  FAST,
  HAVE_ALL,
  HostilePeer,
  handshake,
  INTERESTED,
  KEEP_ALIVE,
  message,
  PLAIN,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { bits, contentOf, fullBits } from '../support/peer-pair.ts'

const WANTED = [
  { piece: 0, begin: 0, length: BLOCK_LENGTH },
  { piece: 0, begin: BLOCK_LENGTH, length: BLOCK_LENGTH },
  { piece: 3, begin: BLOCK_LENGTH, length: 1 },
]

function block(piece: number, begin: number, length: number): Uint8Array {
  return message(7, uint32(piece, begin), contentOf(piece, begin, length))
}

describe('frames', () => {
  it('FR1: a keep-alive is passed over and refreshes the idle time', () => {
    const remote = HostilePeer.greeted().seconds(100).send(KEEP_ALIVE).seconds(100)
    assert.deepEqual(remote.events, [])
    assert.equal(remote.seconds(20).ending, 'wire/timeout-idle close')
  })

  it('FR2: any cut of a conversation gives the same events and the same answers', () => {
    const greeting = concatBytes([
      handshake(ALL_BITS),
      extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei31235e4:reqqi9ee'),
      HAVE_ALL,
      KEEP_ALIVE,
      UNCHOKE,
    ])
    const talk = concatBytes([
      message(9, Uint8Array.of(0x1a, 0xe1)),
      message(200, new Uint8Array(300)),
      INTERESTED,
      ...WANTED.map(({ piece, begin, length }) => block(piece, begin, length)),
      message(17, uint32(1)),
      extended(2, 'd8:msg_typei0e5:piecei0ee'),
      message(6, uint32(9, 0, 5)),
      CHOKE,
      message(4, uint32(9)),
      UNCHOKE,
    ])
    const run = (lengths: number[]): unknown => {
      const remote = new HostilePeer({ terms: { pieces: bits(4, 1) } })
      const { owner } = remote.station
      owner.wanted = [...WANTED]
      owner.onEvent = (name, peer, now) => {
        if (name === 'ready') peer.setInterested(now, true)
      }
      remote.sendSplit(greeting, ...lengths).sendSplit(talk, ...lengths)
      return [remote.events, [...owner.written], remote.ending]
    }
    const whole = run([100_000])
    assert.equal((whole as [string[]])[0].at(-1), 'closed wire/bad-have close')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 40 }), (cut) =>
        assert.deepEqual(run(cut), whole),
      ),
      { numRuns: 60 },
    )
    assert.deepEqual(run([1]), whole)
  })

  for (const length of [0xffffffff, 0x80000000, 0x7fffffff, 0x01000000, 0x00100001]) {
    it(`FR3: a frame of ${length} bytes is a strike, at its length word`, () => {
      const remote = HostilePeer.greeted().send(uint32(length))
      assert.equal(remote.ending, 'wire/frame-too-long strike')
    })
  }

  it('FR4: a bitfield of two million pieces is accepted', () => {
    const geometry = new Geometry(2_097_152 * 16, 16)
    const remote = HostilePeer.greeted(PLAIN, { terms: { geometry, pieces: bits(2_097_152) } })
    remote.sendSplit(message(5, new Uint8Array(262_144).fill(255)), 1000)
    assert.deepEqual(remote.events, ['pieces 0 2097152'])
  })

  it('FR5: what is announced and does not come is not allocated, and times out', () => {
    const framer = new Framer(new SilentSink(), 1 << 20)
    framer.push(0, concatBytes([uint32(1 << 20), Uint8Array.of(5), new Uint8Array(1000)]))
    assert.ok(framer.held <= 2048)
    const remote = HostilePeer.greeted().send(uint32(1 << 18), Uint8Array.of(20, 0))
    assert.equal(remote.seconds(120).ending, 'wire/timeout-idle close')
  })

  const lengths: [number, number[], string][] = [
    [0, [1], 'wire/bad-length-state'],
    [1, [1], 'wire/bad-length-state'],
    [2, [4], 'wire/bad-length-state'],
    [3, [1], 'wire/bad-length-state'],
    [4, [0, 3, 5], 'wire/bad-length-have'],
    [5, [0, 2], 'wire/bad-length-bitfield'],
    [6, [0, 11, 13], 'wire/bad-length-request'],
    [7, [0, 7], 'wire/bad-length-piece'],
    [8, [11, 13], 'wire/bad-length-cancel'],
    [9, [1, 3], 'wire/bad-length-port'],
    [13, [3, 5], 'wire/bad-length-suggest'],
    [14, [1], 'wire/bad-length-state'],
    [15, [1], 'wire/bad-length-state'],
    [16, [11, 13], 'wire/bad-length-reject'],
    [17, [3, 5], 'wire/bad-length-allowed-fast'],
    [20, [0], 'wire/bad-length-extended'],
  ]
  for (const [id, wrong, reason] of lengths) {
    it(`FR6, BF1: message ${id} of a wrong length closes with ${reason}`, () => {
      for (const length of wrong) {
        const remote = HostilePeer.greeted().send(message(id, new Uint8Array(length)))
        assert.equal(remote.ending, `${reason} close`, `${length} bytes of payload`)
      }
    })
  }

  for (const id of [10, 11, 12, 18, 19, 30, 255]) {
    it(`FR7: message ${id} is ignored, above a hundred a minute it is a strike`, () => {
      const remote = HostilePeer.greeted()
      for (let i = 0; i < 100; i++) remote.send(message(id, new Uint8Array(i)))
      assert.equal(remote.ending, undefined)
      assert.equal(remote.station.peer.counters.unknown, 100)
      assert.equal(remote.send(message(id)).ending, 'wire/flood-unknown strike')
    })
  }

  it('FR8: an extended message that was not negotiated is ignored, one before the handshake too', () => {
    const plain = HostilePeer.greeted(PLAIN).send(extended(0, 'd1:md11:ut_metadatai3eee'))
    assert.deepEqual([plain.events, plain.ending], [[], undefined])
    const early = HostilePeer.greeted(EXTENDED).send(extended(2, 'd8:msg_typei0e5:piecei0ee'))
    assert.deepEqual([early.events, early.ending, early.heard()], [[], undefined, ''])
  })

  it('FR9: keep-alives go out after 90 s of our silence, and never while bytes wait', () => {
    const remote = HostilePeer.greeted().seconds(60).send(KEEP_ALIVE).seconds(29)
    assert.deepEqual(remote.messages(), [])
    assert.deepEqual(remote.seconds(1).messages(), [''])
    remote.station.drains = false
    remote.station.peer.unchoke(remote.station.now)
    remote.heard()
    remote.send(KEEP_ALIVE).seconds(119).send(KEEP_ALIVE)
    assert.equal(remote.heard(), '')
    assert.equal(remote.seconds(1).ending, 'wire/timeout-send close')
  })

  const floods: [string, Uint8Array[]][] = [
    ['keep-alives', [KEEP_ALIVE]],
    ['choke and unchoke', [UNCHOKE, CHOKE]],
    ['interest', [INTERESTED, message(3)]],
    ['repeated unchokes', [UNCHOKE]],
  ]
  for (const [name, round] of floods) {
    it(`FR10: a flood of ${name} is a strike, a trickle is not`, () => {
      const remote = HostilePeer.greeted()
      for (let i = 0; i < 100 && !remote.ending; i++) remote.send(...round)
      assert.equal(remote.ending, 'wire/flood-state strike')
      const slow = HostilePeer.greeted()
      for (let i = 0; i < 300; i++) slow.send(round[i % round.length]!).seconds(6)
      assert.equal(slow.ending, undefined)
    })
  }

  it('FR10: interest may follow our HAVEs as often as they come', () => {
    const geometry = new Geometry(2000 * BLOCK_LENGTH, BLOCK_LENGTH)
    const remote = HostilePeer.greeted(FAST, { terms: { geometry, pieces: bits(2000) } })
    for (let piece = 0; piece < 2000; piece++) {
      remote.station.peer.announceHave(remote.station.now, piece)
      remote.station.settle()
      remote.send(piece % 2 === 0 ? INTERESTED : message(3))
    }
    assert.equal(remote.ending, undefined)
  })

  it('FR11: when the stream ends each request comes back once, and nothing follows', () => {
    const remote = HostilePeer.greeted(PLAIN)
    const { peer, owner, now } = remote.station
    owner.wanted = [...WANTED]
    peer.setInterested(now, true)
    remote.send(message(5, Uint8Array.of(0xf0)), UNCHOKE, block(0, 0, BLOCK_LENGTH).subarray(0, 500))
    peer.streamClosed(now, 'stream/reset')
    peer.streamClosed(now, 'stream/reset')
    assert.deepEqual(owner.only('released', 'block', 'closed'), [
      'released 0 0 16384 closed',
      'released 0 16384 16384 closed',
      'released 3 16384 1 closed',
      'closed stream/reset close',
    ])
    assert.equal(remote.station.closed, undefined)
    assert.equal(peer.nextDeadline(), Number.POSITIVE_INFINITY)
    assert.equal(peer.request(now, 0, 0, BLOCK_LENGTH), false)
  })

  it('FR13: a DHT port is reported once a minute, never 0 and never for a private torrent', () => {
    const port = (value: number): Uint8Array => message(9, Uint8Array.of(value >> 8, value))
    const remote = HostilePeer.greeted()
    remote.send(port(0), port(7000), port(7000), port(7001))
    assert.deepEqual(remote.events, ['dhtPort 7000'])
    remote.stall(MINUTE).send(port(7001))
    assert.deepEqual(remote.events, ['dhtPort 7000', 'dhtPort 7001'])
    assert.deepEqual(HostilePeer.greeted(ALL_BITS, { terms: { private: true } }).send(port(7000)).events, [])
    remote.station.peer.sendPort(remote.station.now, 6881)
    remote.expect(port(6881))
  })

  it('RS12: random bytes never throw and are never held beyond the largest bitfield', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(fc.integer({ min: 0, max: 21 }), fc.uint8Array({ maxLength: 40 }))
        .map(([id, payload]) => message(id, payload)),
      fc
        .tuple(fc.constantFrom(0, 2), fc.uint8Array({ maxLength: 40 }))
        .map(([id, payload]) => extended(id, payload)),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(ALL_BITS, PLAIN),
        fc.array(noise, { maxLength: 30 }),
        (reserved, chunks) => {
          const remote = HostilePeer.greeted(reserved, {
            terms: { pieces: fullBits(4), metadataSize: 40_000 },
          })
          remote.station.owner.wanted = [...WANTED]
          remote.station.peer.setInterested(remote.station.now, true)
          for (const chunk of chunks) remote.send(chunk).stall(SECOND / 10)
          remote.station.peer.close(remote.station.now, 'swarm/stopped')
          assert.equal(remote.station.owner.only('closed').length, 1)
          assert.match(remote.events.at(-1)!, /^closed /)
        },
      ),
      { numRuns: 300 },
    )
    const framer = new Framer(new SilentSink(), defaultPeerOptions.maxFrame)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        framer.push(0, bytes)
        assert.ok(framer.held <= defaultPeerOptions.maxFrame)
      }),
      { numRuns: 200 },
    )
  })
})

class SilentSink implements FrameSink {
  keepAlive(): void {}
  tooLong(): void {}
  admit(): 'assemble' {
    return 'assemble'
  }
  frame(): void {}
  blockHead(): void {}
  blockBytes(): void {}
  blockEnd(): void {}
}
