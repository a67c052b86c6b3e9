import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { descriptorCaps, descriptorLimit } from '../../src/host/descriptor-limit.ts'

test('streams and files together stay below the limit, and both may always be had', () => {
  fc.assert(
    fc.property(fc.integer({ min: 96, max: 2_000_000 }), (limit) => {
      const { streams, files } = descriptorCaps(limit)
      assert.ok(streams + files <= limit - 64)
      assert.ok(streams >= 16 && files >= 4)
    }),
  )
  assert.ok(descriptorLimit() >= 64)
})
