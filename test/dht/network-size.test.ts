import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { confidenceOf, distanceHead, NetworkSize, radiusOf } from '../../src/dht/lookup/network-size.ts'
import { dice } from '../support/dice.ts'

const draw = dice(11)

function crowd(size: number): { readonly id: Id }[] {
  return Array.from({ length: size }, () => ({ id: randomId(draw) }))
}

function nearest(all: readonly { readonly id: Id }[], target: Id): { readonly id: Id }[] {
  return all.toSorted((a, b) => compareDistance(target, a.id, b.id)).slice(0, 8)
}

describe('network size', () => {
  it('is told within a third from sixteen walks among 3,000 nodes, and not at all from seven nodes', () => {
    const all = crowd(3_000)
    const sizes = new NetworkSize()
    assert.equal(sizes.estimate(randomId(draw), all.slice(0, 7)), undefined)
    for (let i = 0; i < 15; i++) {
      const target = randomId(draw)
      sizes.learn(target, nearest(all, target))
    }
    const own = randomId(draw)
    const estimate = sizes.estimate(own, nearest(all, own))!
    assert.ok(estimate > 2_000 && estimate < 4_000, `${estimate}`)
  })

  it('is not moved by one place that is asked about again and again, nor by liars around fewer than half of all', () => {
    const all = crowd(1_000)
    const sizes = new NetworkSize()
    const crowded = randomId(draw)
    const beside = Array.from({ length: 8 }, (_, i) => {
      const id = crowded.slice()
      id[19]! ^= i
      return { id }
    })
    for (let i = 0; i < 15; i++) {
      const target = randomId(draw)
      sizes.learn(target, nearest(all, target))
      sizes.learn(crowded, beside)
    }
    const estimate = sizes.estimate(crowded, beside)!
    assert.ok(estimate > 600 && estimate < 1_800, `${estimate}`)
    assert.ok(confidenceOf(crowded, beside, estimate)! < 1e-6)
  })

  it('gives full confidence where nodes lie as far apart as chance has it, and a radius that holds so many', () => {
    const all = crowd(2_000)
    const shares: number[] = []
    let within = 0
    for (let i = 0; i < 100; i++) {
      const target = randomId(draw)
      shares.push(confidenceOf(target, nearest(all, target), 2_000)!)
      within += all.filter(({ id }) => distanceHead(target, id) < radiusOf(20, 2_000)).length
    }
    assert.ok(shares.filter((share) => share === 1).length > 30)
    assert.ok(shares.every((share) => share > 0.2))
    assert.ok(within > 1_700 && within < 2_300, `${within}`)
  })
})
