import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { RateLimits } from '../../src/core/rate-limit.ts'
import { SECOND } from '../../src/core/time.ts'
import {
  CHOKE,
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
import { bits, contentOf, fullBits, type StationSetup } from '../support/peer-pair.ts'

const request = (piece: number, begin: number, length: number): Uint8Array =>
  message(6, uint32(piece, begin, length))
const cancel = (piece: number, begin: number, length: number): Uint8Array =>
  message(8, uint32(piece, begin, length))
const reject = (piece: number, begin: number, length: number): Uint8Array =>
  message(16, uint32(piece, begin, length))
const block = (piece: number, begin: number, length: number): Uint8Array =>
  message(7, uint32(piece, begin), contentOf(piece, begin, length))

/** A thousand pieces of a block each; allowed-fast grants a few of them. */
const WIDE = new Geometry(1000 * BLOCK_LENGTH, BLOCK_LENGTH)

function seeded(reserved: string, setup: StationSetup = {}): HostilePeer {
  const remote = HostilePeer.greeted(reserved, { ...setup, terms: { pieces: fullBits(4), ...setup.terms } })
  remote.station.peer.unchoke(remote.station.now)
  remote.expect(UNCHOKE)
  return remote
}

describe('serving', () => {
  for (const reserved of [PLAIN, FAST]) {
    it(`SV1, SV5: legal requests are served byte for byte, unaligned ones too (${reserved})`, () => {
      const remote = seeded(reserved).send(INTERESTED)
      for (const [piece, begin, length] of [
        [0, 0, BLOCK_LENGTH],
        [3, BLOCK_LENGTH, 1],
        [1, 5, 7],
      ] as const) {
        remote.send(request(piece, begin, length)).expect(block(piece, begin, length))
      }
    })
  }

  const bad: [string, [number, number, number]][] = [
    ['SV2: past the end of its piece', [0, 2 * BLOCK_LENGTH - 1, 2]],
    ['SV2: beginning at the end', [0, 2 * BLOCK_LENGTH, 1]],
    ['SV2: past the shorter last piece', [3, BLOCK_LENGTH, 2]],
    ['SV2: of no such piece', [4, 0, 1]],
    ['SV2: of no bytes', [0, 0, 0]],
    ['SV2: overflowing 32 bits', [0, 0xffffffff, 2]],
    ['SV3: of more than 16 KiB', [0, 0, BLOCK_LENGTH + 1]],
  ]
  for (const [name, [piece, begin, length]] of bad) {
    it(`${name}: rejected, or passed over without BEP 6; closed above 300`, () => {
      const remote = seeded(FAST)
        .send(request(piece, begin, length))
        .expect(reject(piece, begin, length))
      for (let i = 1; i < 300; i++) remote.send(request(piece, begin, length))
      assert.deepEqual([remote.ending, remote.station.owner.only('serve')], [undefined, []])
      assert.equal(remote.send(request(piece, begin, length)).ending, 'wire/bad-requests close')
      seeded(PLAIN)
        .send(request(piece, begin, length))
        .expect()
    })
  }

  it('SV4: a request for more than 128 KiB closes', () => {
    assert.equal(seeded(FAST).send(request(0, 0, 131_073)).ending, 'wire/request-too-long close')
  })

  it('SV6, SV16: what we do not have is rejected, before the metadata everything', () => {
    const partial = seeded(FAST, { terms: { pieces: bits(4, 2) } })
    partial.send(request(1, 0, 5), request(2, 0, 5)).expect(reject(1, 0, 5), block(2, 0, 5))
    const blind = seeded(FAST, { terms: { pieces: undefined, geometry: undefined } })
    blind.send(request(1, 0, 5)).expect(reject(1, 0, 5))
  })

  it('SV7: the same request twice while queued is answered twice with BEP 6, else once', () => {
    const fast = seeded(FAST).send(request(0, 0, 9), request(0, 0, 9))
    fast.expect(reject(0, 0, 9), block(0, 0, 9))
    seeded(PLAIN)
      .send(request(0, 0, 9), request(0, 0, 9))
      .expect(block(0, 0, 9))
  })

  it('SV8: beyond what we advertise requests are rejected, without BEP 6 dropped beyond the hard limit', () => {
    const many = Array.from({ length: 2100 }, (_, i) => request(0, i, 1))
    const fast = seeded(FAST)
    fast.station.owner.serves = false
    assert.equal(fast.send(...many).messages().length, 1600)
    const plain = seeded(PLAIN)
    plain.station.owner.serves = false
    assert.deepEqual(plain.send(...many).messages(), [])
    assert.equal(plain.station.peer.counters.refused, 100)
  })

  it('SV9: whoever requests is interested', () => {
    assert.deepEqual(seeded(PLAIN).send(request(0, 0, 9)).events, ['interest true', 'serve 0 0 9'])
  })

  it('SV10: a cancel of something unknown, sent or absurd is ignored', () => {
    const remote = seeded(FAST).send(request(0, 0, 9))
    remote.expect(block(0, 0, 9))
    remote.send(cancel(0, 0, 9), cancel(2, 0, 5), cancel(0xffffffff, 0xffffffff, 0xffffffff)).expect()
    assert.equal(remote.ending, undefined)
  })

  it('SV11, FX15: a cancel during the read gives a reject and no block; the bytes are dropped', () => {
    const remote = seeded(FAST)
    remote.station.owner.serves = false
    remote.send(request(0, 0, 9)).expect()
    remote.send(cancel(0, 0, 9)).expect(reject(0, 0, 9))
    remote.send(request(0, 0, 9)).expect()
    const { peer, now } = remote.station
    for (let i = 0; i < 3; i++) peer.deliver(now, 0, 0, 9, contentOf(0, 0, 9))
    remote.expect(block(0, 0, 9))
  })

  it('SV10: without BEP 6 a cancel is not answered, and stops the block', () => {
    const remote = seeded(PLAIN)
    remote.station.owner.serves = false
    remote.send(request(0, 0, 9), request(1, 0, 9))
    remote.send(cancel(0, 0, 9))
    const { peer, now } = remote.station
    peer.deliver(now, 1, 0, 9, contentOf(1, 0, 9))
    peer.deliver(now, 0, 0, 9, contentOf(0, 0, 9))
    remote.expect(block(1, 0, 9))
  })

  it('SV12: what cannot be read is rejected, never sent', () => {
    const remote = seeded(FAST)
    remote.station.owner.serves = false
    remote.send(request(0, 0, 9))
    remote.station.peer.refuse(remote.station.now, 0, 0, 9)
    remote.station.peer.refuse(remote.station.now, 0, 0, 9)
    remote.expect(reject(0, 0, 9))
  })

  it('FX9: a choke is followed by the rejects, and what was granted is kept and served', () => {
    const remote = new HostilePeer({ terms: { geometry: WIDE, pieces: fullBits(1000) } })
    const granted = grantsOf(remote)
    remote.station.owner.serves = false
    const { peer, now } = remote.station
    peer.unchoke(now)
    remote.messages()
    const others = [...Array(1000).keys()].filter((piece) => !granted.includes(piece)).slice(0, 97)
    const asked = [...others.slice(0, 20), ...granted.slice(0, 3), ...others.slice(20)]
    // 32 are being read, the rest is queued.
    remote.send(...asked.map((piece) => request(piece, 0, 9))).expect()
    peer.choke(now)
    const said = remote.messages()
    assert.equal(said[0], '00')
    assert.equal(said.length, 98)
    assert.ok(said.slice(1).every((text) => text.startsWith('10')))
    for (const piece of others) peer.deliver(now, piece, 0, 9, contentOf(piece, 0, 9))
    remote.expect()
    for (const piece of granted.slice(0, 3)) peer.deliver(now, piece, 0, 9, contentOf(piece, 0, 9))
    assert.deepEqual(
      remote.messages().map((text) => text.slice(0, 2)),
      ['07', '07', '07'],
    )
  })

  it('FX10: requests while choked are rejected, tolerated for 2 s, and in the end close', () => {
    const remote = seeded(FAST, { terms: { geometry: WIDE, pieces: fullBits(1000) } }).send(HAVE_ALL)
    remote.station.peer.choke(remote.station.now)
    remote.expect(CHOKE)
    for (let i = 0; i < 1000; i++) remote.send(request(1, 0, 9))
    assert.deepEqual([remote.messages().length, remote.ending], [1000, undefined])
    remote.stall(2 * SECOND)
    for (let i = 0; i < 300; i++) remote.send(request(1, 0, 9))
    assert.equal(remote.ending, undefined)
    assert.equal(remote.send(request(1, 0, 9)).ending, 'wire/requests-while-choked close')
  })

  it('FX11: a granted piece is served three times over, and none to who has many', () => {
    const remote = new HostilePeer({ terms: { geometry: WIDE, pieces: fullBits(1000) } })
    const [piece] = grantsOf(remote)
    for (let i = 0; i < 4; i++) remote.send(request(piece!, 0, 9))
    const said = remote.messages().map((text) => text.slice(0, 2))
    assert.deepEqual(said, ['07', '07', '07', '10'])
    const rich = new HostilePeer({ terms: { geometry: WIDE, pieces: fullBits(1000) } })
    const [other] = grantsOf(rich)
    rich.send(HAVE_ALL, request(other!, 0, 9)).expect(reject(other!, 0, 9))
  })

  it('FR12: blocks are read only as the stream drains, and who never reads is left after two minutes', () => {
    const remote = seeded(FAST, { terms: { geometry: WIDE, pieces: fullBits(1000) } })
    remote.station.drains = false
    for (let piece = 0; piece < 500; piece++) remote.send(request(piece, 0, BLOCK_LENGTH))
    assert.equal(remote.station.owner.only('serve').length, 1)
    assert.equal(remote.station.peer.counters.refused, 0)
    for (let i = 0; i < 3; i++) remote.seconds(30).send(KEEP_ALIVE)
    assert.equal(remote.seconds(30).ending, 'wire/timeout-send close')
  })

  for (const [line, rate, least, most] of [
    ['slow', 16_384, 1, 2 * BLOCK_LENGTH],
    ['fast', 8_388_608, 400_000, 540_000],
  ] as const) {
    it(`FR12: on a ${line} line there waits what leaves in half a second, within a block and the watermark`, () => {
      const remote = seeded(FAST, { terms: { geometry: WIDE, pieces: fullBits(1000) } })
      const { station } = remote
      station.drains = false
      let next = 0
      for (let tenth = 0; tenth < 100; tenth++) {
        const waiting = next - station.owner.only('serve').length
        for (let i = waiting; i < 100; i++) remote.send(request(next++ % 1000, 0, BLOCK_LENGTH))
        remote.seconds(0.1)
        station.drain(rate / 10)
      }
      assert.ok(station.unsent >= least && station.unsent <= most, `${station.unsent} bytes wait`)
    })
  }

  it('FR12: answers that are not read do not pile up', () => {
    const remote = seeded(FAST)
    remote.station.drains = false
    remote.station.owner.serves = false
    remote.send(...Array.from({ length: 500 }, (_, i) => request(0, i, 1)))
    const more = Array.from({ length: 1000 }, () => request(0, 0, 1))
    for (let i = 0; i < 60 && !remote.ending; i++) remote.send(...more)
    assert.equal(remote.ending, 'wire/not-reading strike')
    assert.ok(remote.heard().length / 2 < (512 + 257) * 1024)
  })

  it('FX9: a queue made while a grant lasted is served no further than the grant', () => {
    const remote = new HostilePeer({ terms: { geometry: WIDE, pieces: fullBits(1000) } })
    const { station } = remote
    const [piece = -1] = grantsOf(remote)
    station.peer.unchoke(station.now)
    remote.messages()
    station.peer.choke(station.now)
    station.owner.events.length = 0
    remote.send(...Array.from({ length: 20 }, (_, i) => request(piece, i, 1)))
    assert.equal(station.owner.only('serve').length, 3, 'three rounds of the one block')
    assert.equal(remote.messages().filter((text) => text.startsWith('10')).length, 17)
  })

  it('RS6: what was not sent before the end is given back to the limit', () => {
    const limits = new RateLimits(0, Number.POSITIVE_INFINITY, BLOCK_LENGTH)
    const remote = seeded(FAST, { terms: { limits, geometry: WIDE, pieces: fullBits(1000) } })
    remote.station.owner.serves = false
    remote.send(request(0, 0, BLOCK_LENGTH))
    assert.ok(!limits.up.ready(remote.station.now))
    remote.station.peer.close(remote.station.now, 'swarm/stopped')
    assert.ok(limits.up.ready(remote.station.now))
  })

  it('FR12: a remote that does not read cannot have a read for each byte that waits', () => {
    const remote = seeded(FAST, { terms: { geometry: WIDE, pieces: fullBits(1000) } })
    remote.station.drains = false
    remote.station.owner.serves = false
    for (let piece = 0; piece < 400; piece++) remote.send(request(piece, 0, 1))
    assert.equal(remote.station.owner.only('serve').length, 32)
  })

  it('SV15, RS6: the upload limit holds payload back, and other messages go ahead of it', () => {
    const limits = new RateLimits(0, Number.POSITIVE_INFINITY, 2 * BLOCK_LENGTH)
    const remote = seeded(FAST, { terms: { limits, geometry: WIDE, pieces: fullBits(1000) } })
    for (let piece = 0; piece < 100; piece++) remote.send(request(piece, 0, BLOCK_LENGTH))
    const first = remote.messages().length
    assert.ok(first <= 2)
    remote.station.peer.choke(remote.station.now)
    assert.equal(remote.messages()[0], '00')
    remote.station.peer.unchoke(remote.station.now)
    for (let piece = 0; piece < 100; piece++) remote.send(request(piece, 0, BLOCK_LENGTH))
    remote.messages()
    const served = remote.seconds(10).messages().length
    assert.ok(served >= 19 && served <= 21, `${served} blocks in 10 s`)
  })
})

/** Shakes hands; the pieces that were granted. */
function grantsOf(remote: HostilePeer): number[] {
  const said = Buffer.from(remote.send(handshake(FAST)).heard(), 'hex').subarray(68 + 5)
  return Array.from({ length: said.length / 9 }, (_, i) => said.readUInt32BE(9 * i + 5))
}
