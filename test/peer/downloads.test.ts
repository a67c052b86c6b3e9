import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import {
  ALL_BITS,
  CHOKE,
  extended,
  FAST,
  HAVE_ALL,
  HAVE_NONE,
  HostilePeer,
  hex,
  KEEP_ALIVE,
  message,
  PLAIN,
  UNCHOKE,
  uint32,
} from '../support/hostile-peer.ts'
import { bits, contentOf } from '../support/peer-pair.ts'

const WIDE = new Geometry(1000 * BLOCK_LENGTH, BLOCK_LENGTH)
const B = BLOCK_LENGTH

const request = (piece: number): Uint8Array => message(6, uint32(piece, 0, B))
const cancel = (piece: number): Uint8Array => message(8, uint32(piece, 0, B))
const reject = (piece: number): Uint8Array => message(16, uint32(piece, 0, B))
const block = (piece: number, begin = 0, length = B): Uint8Array =>
  message(7, uint32(piece, begin), contentOf(piece, begin, length))

/** A remote that has everything, and of which pieces 0 to `count - 1` are wanted. */
function seeder(reserved: string, count: number, choking = false): HostilePeer {
  const remote = HostilePeer.greeted(reserved, { terms: { geometry: WIDE, pieces: bits(1000) } })
  remote.station.owner.wanted = Array.from({ length: count }, (_, piece) => ({ piece, begin: 0, length: B }))
  remote.station.peer.setInterested(remote.station.now, true)
  const all = reserved === PLAIN ? message(5, new Uint8Array(125).fill(255)) : HAVE_ALL
  remote.send(all, ...(choking ? [] : [UNCHOKE]))
  remote.station.owner.events.length = 0
  return remote
}

const ended = (remote: HostilePeer): string[] => remote.station.owner.only('block', 'released', 'wasted')

describe('requesting', () => {
  it('starts with a few requests once unchoked, and keeps the pipeline full', () => {
    const remote = seeder(PLAIN, 1000)
    assert.equal(remote.messages().length, 1 + 8)
    remote.send(block(0), block(1))
    assert.deepEqual([remote.station.peer.depth, remote.station.peer.outstanding], [10, 10])
    assert.equal(remote.messages().length, 4)
  })

  it('doubles each round trip up to the limit of 250', () => {
    const remote = seeder(PLAIN, 1000)
    let next = 0
    for (let round = 0; round < 6; round++) {
      const due = remote.station.peer.outstanding
      remote.stall(1000).send(...Array.from({ length: due }, () => block(next++)))
    }
    assert.equal(remote.station.peer.depth, 250)
  })

  it('asks for nothing while not interested, choked, or of pieces that the remote lacks', () => {
    const remote = HostilePeer.greeted(PLAIN)
    const { peer, now } = remote.station
    assert.equal(peer.request(now, 0, 0, B), false)
    remote.send(UNCHOKE, message(5, hex('40')))
    assert.deepEqual([peer.request(now, 0, 0, B), peer.request(now, 1, 0, B)], [false, true])
    assert.equal(peer.request(now, 1, 0, B), false, 'twice')
    assert.equal(peer.request(now, 1, 2 * B, 1), false, 'outside')
    remote.expect(request(1))
  })

  for (const [said, depth] of [
    ['i1e', 1],
    ['i250e', 250],
    ['i1000000000e', 500],
    ['i0e', 250],
    ['i-1e', 250],
    ['1:x', 250],
  ] as const) {
    it(`CL21: reqq ${said} allows a depth of ${depth}`, () => {
      const remote = seeder(ALL_BITS, 1000)
      remote.send(extended(0, `d4:reqq${said}e`))
      for (let next = 0; next < 600; next++) remote.stall(10).send(block(next))
      assert.equal(remote.station.peer.depth, depth)
    })
  }

  it('a slow link gets a depth of about a second of work', () => {
    const remote = seeder(PLAIN, 1000)
    for (let next = 0; next < 100; next++) remote.stall(SECOND / 5).send(block(next))
    const { depth } = remote.station.peer
    assert.ok(depth >= 5 && depth <= 14, `${depth} at five blocks a second`)
  })
})

describe('the end of a request', () => {
  it('is its block, streamed as it comes', () => {
    const remote = seeder(PLAIN, 1)
    remote.sendSplit(block(0), 100, 5000)
    assert.deepEqual(remote.events, ['claim 0 0 16384', 'block 0 0 16384'])
    assert.deepEqual(remote.station.owner.written.get('0:0'), contentOf(0, 0, B))
  })

  it('is its block, collected and written at once', () => {
    const remote = seeder(PLAIN, 2)
    remote.station.owner.claims = 'collect'
    let writes = 0
    const write = remote.station.owner.write.bind(remote.station.owner)
    remote.station.owner.write = (...args) => {
      writes += 1
      write(...args)
    }
    remote.sendSplit(block(0), 100, 5000).send(block(1))
    assert.deepEqual([writes, ended(remote)], [2, ['block 0 0 16384', 'block 1 0 16384']])
    assert.deepEqual(remote.station.owner.written.get('0:0'), contentOf(0, 0, B))
  })

  it('CL3: is a discarded duplicate, and the request is over', () => {
    const remote = seeder(PLAIN, 1)
    remote.station.owner.claims = 'discard'
    remote.send(block(0))
    assert.deepEqual(ended(remote), ['wasted 16384 duplicate'])
    assert.equal(remote.station.peer.outstanding, 0)
  })

  it('FX14, CL7: is the choke without BEP 6, and a block that crossed it is used', () => {
    const remote = seeder(PLAIN, 2).send(CHOKE)
    assert.deepEqual(remote.events, ['released 0 0 16384 choked', 'released 1 0 16384 choked', 'choked'])
    remote.send(block(1))
    assert.deepEqual(ended(remote).slice(2), ['block 1 0 16384'])
  })

  it('FX14: with BEP 6 is still to come after a choke', () => {
    const remote = seeder(FAST, 3).send(CHOKE)
    assert.deepEqual(remote.events, ['choked'])
    assert.equal(remote.station.peer.outstanding, 3)
    remote.send(reject(0), block(1))
    assert.deepEqual(ended(remote), ['released 0 0 16384 rejected', 'block 1 0 16384'])
    remote.seconds(10)
    assert.deepEqual(ended(remote).slice(2), ['released 2 0 16384 timeout'])
  })

  it('CL6: is an empty block, taken for a reject', () => {
    const remote = seeder(PLAIN, 1).send(message(7, uint32(0, 0)))
    assert.deepEqual(ended(remote), ['released 0 0 16384 rejected'])
  })

  it('CL16: is the timeout; the peer is snubbed and gets one request at a time until it recovers', () => {
    const remote = seeder(PLAIN, 1000)
    remote.messages()
    const { peer } = remote.station
    remote.stall(10 * SECOND - 1)
    assert.deepEqual(ended(remote), [])
    remote.stall(1)
    assert.equal(ended(remote).length, 8)
    assert.deepEqual([peer.snubbed, peer.depth, peer.outstanding], [true, 1, 1])
    remote.send(block(0))
    assert.deepEqual(ended(remote).slice(8), ['block 0 0 16384'])
    assert.deepEqual([peer.snubbed, peer.depth], [true, 1], 'eleven seconds are no recovery')
    remote.stall(SECOND / 10).send(block(8))
    assert.deepEqual([peer.snubbed, peer.depth], [false, 9])
  })

  it('CL16: adapts to a fast remote, with a floor of 2 s', () => {
    const remote = seeder(PLAIN, 1000)
    for (let next = 0; next < 40; next++) remote.stall(1000).send(block(next))
    const before = ended(remote).length
    remote.stall(2 * SECOND - 1)
    assert.equal(ended(remote).length, before)
    remote.stall(1)
    assert.ok(ended(remote).length > before)
  })

  it('CL16: a steady remote may become four times as slow', () => {
    const remote = seeder(PLAIN, 1000)
    for (let next = 0; next < 40; next++) remote.seconds(1).send(block(next))
    const before = ended(remote).length
    remote.seconds(3.9)
    assert.equal(ended(remote).length, before)
    remote.seconds(0.2)
    assert.ok(ended(remote).length > before)
  })

  it('CL16: waits up to a minute, doubling', () => {
    const remote = seeder(PLAIN, 1000)
    const times: number[] = []
    remote.station.owner.onEvent = (name, _peer, now) => {
      if (name === 'released' && times.at(-1) !== now) times.push(now)
    }
    const start = remote.station.now
    for (let i = 0; i < 40; i++) remote.seconds(10).send(KEEP_ALIVE)
    const gaps = times.map((time, i) => Math.round((time - (times[i - 1] ?? start)) / SECOND))
    assert.deepEqual(gaps.slice(0, 6), [10, 20, 40, 60, 60, 60])
  })

  it('CL17: a tar pit never holds more than one after its first failure', () => {
    const remote = seeder(PLAIN, 1000)
    let asked = 0
    remote.seconds(10)
    for (let i = 0; i < 20; i++) {
      asked += remote.seconds(19).messages().length
      remote.send(block(i < 8 ? i : 7 + i))
      assert.ok(remote.station.peer.outstanding <= 1)
    }
    assert.ok(asked <= 60)
  })

  it('CL16: when it runs out in the middle of a block, the rest of that block is passed over', () => {
    const remote = seeder(PLAIN, 1)
    remote.send(block(0).subarray(0, 5000)).seconds(10)
    const written = remote.station.owner.written.get('0:0')!.length
    remote.send(block(0).subarray(5000))
    assert.equal(remote.station.owner.written.get('0:0')!.length, written)
    assert.deepEqual(ended(remote), ['released 0 0 16384 timeout', 'wasted 16384 late'])
  })

  it('a request passed over for two minutes ends although others are answered', () => {
    const remote = seeder(PLAIN, 1000)
    let next = 1
    for (let i = 0; i < 125; i++) remote.seconds(1).send(block(next++))
    assert.deepEqual(remote.station.owner.only('released'), ['released 0 0 16384 timeout'])
    assert.equal(remote.station.peer.snubbed, false)
  })

  it('CL2: what was given up less than a minute ago is used when still wanted, else wasted', () => {
    const remote = seeder(FAST, 3)
    const { peer, now, owner } = remote.station
    for (let piece = 0; piece < 3; piece++) peer.cancel(now, piece, 0, B)
    assert.deepEqual(
      remote.messages().slice(-3),
      ['08', '08', '08'].map((id, i) => id + hexOf(uint32(i, 0, B))),
    )
    assert.deepEqual(ended(remote), [])
    remote.send(block(0))
    owner.claims = 'discard'
    remote.send(block(1))
    assert.deepEqual(ended(remote), ['block 0 0 16384', 'wasted 16384 late'])
    remote.stall(MINUTE).send(block(2))
    assert.equal(remote.ending, 'wire/unrequested-block close')
  })

  it('a request that ran out is cancelled before it is repeated, so the remote never holds two of a kind', () => {
    const remote = seeder(FAST, 1)
    remote.messages()
    remote.station.owner.onEvent = (name) => {
      if (name === 'released') remote.station.owner.wanted.push({ piece: 0, begin: 0, length: B })
    }
    remote.seconds(10).expect(cancel(0), request(0))
    remote.send(reject(0), block(0))
    assert.deepEqual(ended(remote), ['released 0 0 16384 timeout', 'block 0 0 16384'])
  })

  it('FX12: a reject for something never requested closes, for something cancelled it does not', () => {
    const remote = seeder(FAST, 1)
    remote.station.peer.cancel(remote.station.now, 0, 0, B)
    remote.send(reject(0))
    assert.equal(remote.ending, undefined)
    assert.equal(remote.send(reject(5)).ending, 'wire/bad-reject close')
  })

  for (const [name, answer] of [
    ['rejects', reject],
    ['blocks', block],
  ] as const) {
    it(`CL2, FX12: what was cancelled twice may be answered twice, by ${name}, and no more often`, () => {
      const remote = seeder(FAST, 1)
      const { owner, peer } = remote.station
      peer.cancel(remote.station.now, 0, 0, B)
      owner.wanted = [{ piece: 0, begin: 0, length: B }]
      peer.refillSoon()
      remote.station.settle()
      peer.cancel(remote.station.now, 0, 0, B)
      assert.deepEqual(
        remote.messages().filter((text) => text.startsWith('06')).length,
        2,
        'it was asked for twice',
      )
      remote.send(answer(0), answer(0))
      assert.equal(remote.ending, undefined)
      assert.match(remote.send(answer(0)).ending!, /^wire\/(bad-reject|unrequested-block) close$/)
    })
  }

  it('FX13, CL20: rejects return blocks, and who keeps rejecting is asked ever less often', () => {
    const remote = seeder(FAST, 0)
    const { owner, peer } = remote.station
    owner.onEvent = (name) => {
      if (name === 'released') owner.wanted = [{ piece: 7, begin: 0, length: B }]
    }
    owner.wanted = [{ piece: 7, begin: 0, length: B }]
    peer.refillSoon()
    remote.station.settle()
    let asked = 0
    for (let i = 0; i < 600; i++) {
      const requests = remote.messages().filter((text) => text.startsWith('06')).length
      asked += requests
      if (requests > 0) remote.send(reject(7))
      remote.seconds(1).send(i % 60 === 0 ? KEEP_ALIVE : new Uint8Array(0))
    }
    assert.ok(asked > 5 && asked < 25, `${asked} requests in ten minutes`)
    assert.equal(remote.ending, undefined)
  })

  it('FX8: while choked, granted pieces that the remote has are requested, others not', () => {
    const remote = seeder(FAST, 3, true)
    remote.messages()
    remote.station.owner.wanted.shift()
    remote.send(message(17, uint32(1)))
    remote.expect(request(1))
    assert.deepEqual(
      remote.station.owner.wanted.map(({ piece }) => piece),
      [2],
    )
  })

  it('FX11, FX13: a grant ends with the first reject, until the remote unchokes us or grants it anew', () => {
    const remote = seeder(FAST, 0, true)
    const { owner, peer } = remote.station
    owner.onEvent = (name) => {
      if (name === 'released') owner.wanted = [{ piece: 1, begin: 0, length: B }]
    }
    owner.wanted = [{ piece: 1, begin: 0, length: B }]
    remote.messages()
    remote.send(message(17, uint32(1)), message(17, uint32(2))).expect(request(1))
    remote.send(reject(1)).seconds(60).expect()
    assert.deepEqual([[...peer.grants], peer.request(remote.station.now, 1, 0, B)], [[2], false])
    remote.send(UNCHOKE).expect(request(1))
  })
})

describe('blocks that nobody asked for', () => {
  it('CL1: close with BEP 6', () => {
    assert.equal(seeder(FAST, 0).send(block(0)).ending, 'wire/unrequested-block close')
  })

  it('CL1: are wasted without it, and close after ten', () => {
    const remote = seeder(PLAIN, 0)
    for (let i = 0; i < 10; i++) remote.send(block(i))
    assert.deepEqual([ended(remote).length, remote.ending], [10, undefined])
    assert.equal(ended(remote)[0], 'wasted 16384 unrequested')
    assert.equal(remote.send(block(11)).ending, 'wire/unrequested-block close')
  })

  for (const [name, sent] of [
    ['CL4: shorter than requested', block(0, 0, B - 1)],
    ['CL4: longer than requested', concatBytes([uint32(9 + B + 1), Uint8Array.of(7), uint32(0, 0)])],
    ['CL5: beyond its piece', block(3, 1, B)],
    ['CL5: of no such piece', block(1000)],
  ] as const) {
    it(`${name}: closes, and the request comes back`, () => {
      const remote = seeder(PLAIN, 1).send(sent)
      assert.equal(remote.ending, 'wire/bad-block close')
      assert.deepEqual(ended(remote), ['released 0 0 16384 closed'])
    })
  }

  it('are none of a piece that the remote gave up meanwhile', () => {
    const remote = seeder(FAST, 2).send(HAVE_NONE, block(0))
    assert.deepEqual(ended(remote), ['block 0 0 16384'])
  })
})

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
