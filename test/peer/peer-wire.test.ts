import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOCK_LENGTH, Geometry } from '../../src/core/geometry.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { bits, contentOf, fullBits, GEOMETRY, type PairSetup, PeerPair } from '../support/peer-pair.ts'

interface Block {
  piece: number
  begin: number
  length: number
}

function blocksOf(geometry: Geometry): Block[] {
  const blocks: Block[] = []
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    for (let block = 0; block < geometry.blocksOf(piece); block++) {
      blocks.push({ piece, begin: block * BLOCK_LENGTH, length: geometry.blockLength(piece, block) })
    }
  }
  return blocks
}

/** The left one lacks everything, the right one has all and unchokes at once. */
function leecherAndSeed(geometry: Geometry = GEOMETRY, setup: PairSetup = {}): PeerPair {
  const pair = new PeerPair({
    ...setup,
    left: { ...setup.left, terms: { geometry, pieces: bits(geometry.pieceCount) } },
    right: { ...setup.right, terms: { geometry, pieces: fullBits(geometry.pieceCount) } },
  })
  pair.right.owner.onEvent = (name, peer, now) => {
    if (name === 'ready') peer.unchoke(now)
  }
  pair.left.owner.onEvent = (name, peer, now) => {
    if (name === 'pieces') peer.setInterested(now, true)
  }
  pair.left.owner.wanted = blocksOf(geometry)
  return pair
}

describe('two machines back to back', () => {
  it('transfer every block byte for byte', () => {
    const pair = leecherAndSeed()
    pair.run(2 * SECOND)
    for (const { piece, begin, length } of blocksOf(GEOMETRY)) {
      assert.deepEqual(pair.left.owner.written.get(`${piece}:${begin}`), contentOf(piece, begin, length))
    }
    assert.equal(pair.left.peer.down.total, GEOMETRY.length)
    assert.equal(pair.right.peer.up.total, GEOMETRY.length)
    assert.deepEqual(pair.left.owner.only('released', 'wasted', 'closed'), [])
  })

  it('know of each other what the handshakes say', () => {
    const pair = leecherAndSeed()
    pair.run()
    const { extended, fast, dht, client, requestQueue, port, uploadOnly } = pair.left.peer.remote
    assert.deepEqual(
      [extended, fast, dht, client, requestQueue, port, uploadOnly],
      [true, true, true, 'Lodestone', 500, 6881, true],
    )
    assert.equal(pair.left.peer.pieces!.full, true)
    assert.equal(pair.right.peer.interested, true)
  })

  it('stay connected by keep-alives for hours, with a handful of timer events', () => {
    const pair = leecherAndSeed()
    pair.run(180 * MINUTE)
    assert.deepEqual([pair.left.peer.closeReason, pair.right.peer.closeReason], [undefined, undefined])
    assert.equal(pair.left.peer.counters.useless < 130, true)
  })

  it('fill a link: the rate follows the bandwidth-delay product', () => {
    const geometry = new Geometry(3000 * BLOCK_LENGTH, BLOCK_LENGTH)
    const pair = leecherAndSeed(geometry, { latency: SECOND / 20 })
    pair.run(2 * SECOND)
    assert.ok(pair.left.peer.depth >= 128, `depth ${pair.left.peer.depth}`)
    pair.run(2 * SECOND)
    assert.equal(pair.left.owner.only('block').length, 3000)
  })

  it('end each request exactly once, whatever is choked, cancelled, cut off or lost', () => {
    const step = fc.record({
      pause: fc.integer({ min: 0, max: 400_000 }),
      what: fc.constantFrom(
        'choke',
        'unchoke',
        'cancel',
        'cancelAll',
        'stop',
        'go',
        'want',
        'collect',
        'discard',
        'none',
      ),
      pick: fc.nat(),
    })
    const all = blocksOf(GEOMETRY)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1000, max: 30_000 }), (steps, cut) => {
        const pair = leecherAndSeed()
        const { left, right } = pair
        pair.cut = () => cut
        const open = new Map<string, number>()
        const key = (piece: number, begin: number): string => `${piece} ${begin}`
        const request = left.peer.request.bind(left.peer)
        left.peer.request = (now, piece, begin, length) => {
          const accepted = request(now, piece, begin, length)
          if (accepted) {
            assert.equal(open.has(key(piece, begin)), false, 'no two requests for one block')
            open.set(key(piece, begin), now)
          }
          return accepted
        }
        const cancel = (piece: number, begin: number): void => {
          left.peer.cancel(left.now, piece, begin, BLOCK_LENGTH)
          open.delete(key(piece, begin))
        }
        let lastClaim = ''
        const watch = (): void => {
          for (const event of left.owner.events.splice(0)) {
            const [name, piece, begin] = event.split(' ')
            const block = `${piece} ${begin}`
            if (name === 'claim') {
              lastClaim = block
              if (left.owner.claims === 'discard') open.delete(block)
            } else if (name === 'block') {
              // A late one is no longer open.
              open.delete(block)
              assert.equal(block, lastClaim)
            } else if (name === 'released') assert.equal(open.delete(block), true, event)
          }
        }
        const emit = left.owner.onEvent
        left.owner.onEvent = (...event) => {
          emit(...event)
          watch()
        }
        const claim = left.owner.claim.bind(left.owner)
        left.owner.claim = (...head) => {
          const answer = claim(...head)
          watch()
          return answer
        }
        for (const { pause, what, pick } of steps) {
          const { piece, begin } = all[pick % all.length]!
          if (what === 'choke') right.peer.choke(right.now)
          else if (what === 'unchoke') right.peer.unchoke(right.now)
          else if (what === 'cancel') cancel(piece, begin)
          else if (what === 'cancelAll') {
            for (const one of all) cancel(one.piece, one.begin)
          } else if (what === 'stop' || what === 'go') right.owner.serves = what === 'go'
          else if (what === 'want') left.owner.wanted.push(...all)
          else if (what === 'collect') left.owner.claims = 'collect'
          else if (what === 'discard') left.owner.claims = 'discard'
          else left.owner.claims = 'stream'
          left.peer.refillSoon()
          pair.run(pause)
          watch()
          assert.equal(left.peer.outstanding, open.size, what)
        }
        left.peer.close(left.now, 'swarm/stopped')
        watch()
        assert.deepEqual([...open], [])
      }),
      { numRuns: 80 },
    )
  })
})
