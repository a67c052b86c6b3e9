import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LodestoneError } from '../../src/core/errors.ts'
import { resolveSwarmOptions, SWARM_DEFAULTS } from '../../src/swarm/options.ts'

describe('the swarm options', () => {
  it('fill in the defaults, which are in range themselves', () => {
    assert.deepEqual(resolveSwarmOptions(), SWARM_DEFAULTS)
    assert.equal(resolveSwarmOptions({ uploadSlots: 3 }).uploadSlots, 3)
    assert.ok(Object.isFrozen(resolveSwarmOptions()))
  })

  it('name the option that is out of range', () => {
    for (const value of [0, 1025, Number.NaN]) {
      assert.throws(
        () => resolveSwarmOptions({ uploadSlots: value }),
        (error) => error instanceof LodestoneError && error.code === 'options/uploadSlots',
      )
    }
  })
})
