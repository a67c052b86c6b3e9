import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import type { TurnoverPeer } from '../../src/swarm/turnover.ts'
import { leastUseful } from '../../src/swarm/turnover.ts'

const NOW = 10 * MINUTE

interface Numbered extends TurnoverPeer {
  readonly key: number
}

function peer(key: number, more: Partial<TurnoverPeer> = {}): Numbered {
  return {
    key,
    movedAt: 0,
    wanted: false,
    interested: false,
    redundant: false,
    snubbing: false,
    vain: () => false,
    ...more,
  }
}

describe('turnover', () => {
  it('RS2 parts with a peer without interest first, then with one that only promises, then with one that we want', () => {
    const wanted = peer(1, { wanted: true })
    const snubbing = peer(2, { wanted: true, snubbing: true, movedAt: 1 })
    const interested = peer(3, { interested: true, movedAt: 2 })
    const idle = peer(4, { movedAt: 3 })
    assert.equal(leastUseful(NOW, [wanted, snubbing, interested, idle])?.key, 4)
    assert.equal(leastUseful(NOW, [wanted, interested, snubbing])?.key, 2, 'the one idle longest')
    assert.equal(leastUseful(NOW, [wanted, interested])?.key, 3)
    assert.equal(leastUseful(NOW, [wanted])?.key, 1)
    const spared = ({ key }: Numbered): boolean => key === 4
    assert.equal(leastUseful(NOW, [interested, idle], { spared })?.key, 3, 'never one that is spared')
  })

  it('EX12 parts first, and after a few seconds, with those that want nothing more and have nothing for us', () => {
    const idle = peer(1)
    const redundant = peer(2, { redundant: true, interested: true, movedAt: NOW - 5 * SECOND })
    assert.equal(leastUseful(NOW, [idle, redundant])?.key, 2)
    assert.equal(leastUseful(NOW - 1, [redundant]), undefined)
  })

  it('RS2 lets BEP 40 decide among those of one kind, and takes half the patience with whom the newcomer outranks', () => {
    const rankOf = ({ key }: Numbered): number => key
    const low = peer(2, { movedAt: 2 })
    const high = peer(5, { movedAt: 1 })
    const trader = peer(1, { wanted: true })
    assert.equal(leastUseful(NOW, [trader, high, low], { rankOf })?.key, 2)
    const young = [peer(2, { movedAt: NOW - 10 * SECOND }), peer(3, { movedAt: NOW - 10 * SECOND + 1 })]
    assert.equal(leastUseful(NOW, young, { rankOf, newcomer: 9 })?.key, 2)
    assert.equal(leastUseful(NOW, young, { rankOf, newcomer: 2 }), undefined)
    assert.equal(leastUseful(NOW, young, { rankOf }), undefined)
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
