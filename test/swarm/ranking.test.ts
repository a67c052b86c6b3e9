import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { peerPriority } from '../../src/core/peer-priority.ts'
import { DialQueue } from '../../src/swarm/dial-queue.ts'
import { rankingFrom, unranked } from '../../src/swarm/ranking.ts'

const at = (host: string): Address => parseAddress(host, 6881)!
const OURS = at('123.213.32.10')
const OURS_AT_HOME = at('192.168.0.5')
const OURS_6 = at('2001:db8::5')

describe('how peers rank', () => {
  it('PX7: by canonical priority with the address of ours that they see', () => {
    const rank = rankingFrom(() => [OURS, OURS_AT_HOME, OURS_6])
    assert.equal(rank(at('98.76.54.32')), 0xec2d7224)
    assert.equal(rank(at('192.168.0.7')), peerPriority(OURS_AT_HOME, at('192.168.0.7')))
    assert.equal(rank(at('2001:db8:1::7')), peerPriority(OURS_6, at('2001:db8:1::7')))
  })

  it('PX7: alike, while we do not know where they see us', () => {
    const known: Address[] = []
    const rank = rankingFrom(() => known)
    for (const host of ['98.76.54.32', '9.9.9.9', '2001:db8:1::7'])
      assert.equal(rank(at(host)), unranked(at(host)))
    known.push(OURS)
    assert.equal(rank(at('98.76.54.32')), 0xec2d7224)
    assert.equal(rank(at('2001:db8:1::7')), unranked(OURS_6))
  })
})

/** Takes all: the order in which they are dialled. */
function order(queue: DialQueue<number>): number[] {
  const taken: number[] = []
  for (let item = queue.take(0); item !== undefined; item = queue.take(0)) taken.push(item)
  return taken
}

describe('the order of dials', () => {
  it('PX7: of the four newest the best, in turn with the oldest, which waits for nobody', () => {
    const queue = new DialQueue<number>((item) => [1, 2, 9, 6, 5, 3, 8, 4][item]!)
    for (let item = 0; item < 8; item++) queue.push(item)
    assert.deepEqual(order(queue), [6, 0, 3, 2, 1, 4, 7, 5])
  })

  it('the newest of those that rank alike, skipping those that have left', () => {
    const queue = new DialQueue<number>()
    for (let item = 0; item < 12; item++) queue.push(item)
    for (const item of [10, 8, 7, 6]) queue.remove(item)
    assert.deepEqual(order(queue), [11, 0, 9, 5, 1, 4, 3, 2])
    assert.equal(queue.untried, 0)
    queue.push(20)
    assert.deepEqual(order(queue), [20])
  })
})
