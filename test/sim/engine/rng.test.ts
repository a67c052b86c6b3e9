import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../../sim/engine/rng.ts'

function draws(seed: number, host: number, purpose: string): string {
  const rng = streamFor(seed, host, purpose)
  return Array.from({ length: 4 }, () => rng.u32()).join()
}

describe('random streams', () => {
  it('are the same for the same seed, host and purpose', () => {
    assert.equal(draws(7, 3, 'dice'), draws(7, 3, 'dice'))
  })

  it('differ in seed, host and purpose, in seeds beyond 32 bits too', () => {
    const all = [
      draws(7, 3, 'dice'),
      draws(8, 3, 'dice'),
      draws(7, 4, 'dice'),
      draws(7, 3, 'secret'),
      draws(7 + 2 ** 32, 3, 'dice'),
      draws(73, 0, 'dice'),
    ]
    assert.equal(new Set(all).size, all.length)
  })

  it('are not moved by what another stream draws', () => {
    const one = streamFor(7, 1, 'dice')
    const other = streamFor(7, 2, 'dice')
    one.u32()
    const first = other.u32()
    assert.equal(streamFor(7, 2, 'dice').u32(), first)
  })
})
