import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../../sim/engine/rng.ts'
import { distanceBetween, distanceTo, farthestFromOthers } from '../../../sim/validation/kolmogorov.ts'
import { unit } from '../../../src/core/rng.ts'

function uniform(seed: number, count: number): number[] {
  const rng = streamFor(seed, 0, 'uniform')
  return Array.from({ length: count }, () => unit(rng))
}

describe('the distance of Kolmogorov and Smirnov', () => {
  it('of a sample to a distribution is the farthest step from it', () => {
    assert.equal(
      distanceTo([0.5], (value) => value),
      0.5,
    )
    assert.equal(
      distanceTo([0.25, 0.75], (value) => value),
      0.25,
    )
    assert.equal(
      distanceTo([0.1, 0.2], () => 0),
      1,
    )
  })

  it('of two samples is that of their steps, whatever their order and size, with ties as one step', () => {
    assert.equal(distanceBetween([1, 2, 3, 4], [4, 3, 2, 1]), 0)
    assert.equal(distanceBetween([1, 2], [3, 4, 5]), 1)
    assert.equal(distanceBetween([1, 1, 2, 2], [1, 2]), 0)
    assert.equal(distanceBetween([1, 2, 3, 4], [3, 4, 5, 6]), 0.5)
  })

  it('of the farthest run from the others finds the one that stands apart, and is small where none does', () => {
    const alike = [1, 2, 3, 4].map((seed) => uniform(seed, 400))
    assert.ok(farthestFromOthers(alike) < 0.12, `${farthestFromOthers(alike)}`)
    const apart = uniform(5, 400).map((value) => value + 0.5)
    const far = farthestFromOthers([...alike, apart])
    assert.ok(far > 0.45 && far < 0.6, `${far}`)
  })
})
