import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { TurnoverPeer } from '../../src/swarm/turnover.ts'
import { leastUseful } from '../../src/swarm/turnover.ts'

const NOW = 10 * MINUTE

function peer(key: number, more: Partial<TurnoverPeer> = {}): TurnoverPeer {
  return { key, movedAt: 0, wanted: false, interested: false, snubbing: false, ...more }
}

describe('turnover', () => {
  it('RS2 parts with a peer without interest first, then with one that only promises, then with one that we want', () => {
    const wanted = peer(1, { wanted: true })
    const snubbing = peer(2, { wanted: true, snubbing: true, movedAt: 1 })
    const interested = peer(3, { interested: true, movedAt: 2 })
    const idle = peer(4, { movedAt: 3 })
    assert.equal(leastUseful(NOW, [wanted, snubbing, interested, idle]), 4)
    assert.equal(leastUseful(NOW, [wanted, interested, snubbing]), 2, 'the one idle longest')
    assert.equal(leastUseful(NOW, [wanted, interested]), 3)
    assert.equal(leastUseful(NOW, [wanted]), 1)
  })

  it('RS2 keeps those with whom something moves, and those that are new', () => {
    const kept = [
      peer(1, { movedAt: NOW - 20 * SECOND + 1 }),
      peer(2, { movedAt: NOW - 30 * SECOND + 1, interested: true }),
      peer(3, { movedAt: NOW - 30 * SECOND + 1, wanted: true, snubbing: true }),
      peer(4, { movedAt: NOW - 2 * MINUTE + 1, wanted: true }),
    ]
    assert.equal(leastUseful(NOW, kept), undefined)
  })
})
