import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LodestoneError } from '../../src/core/errors.ts'
import { DHT_DEFAULTS, type DhtOptions } from '../../src/dht/options.ts'
import { resolveDhtOptions } from '../../src/dht/resolve-dht-options.ts'

describe('DHT options', () => {
  it('are the defaults unless told, and one object for all who share it', () => {
    assert.equal(resolveDhtOptions(), DHT_DEFAULTS)
    const own = resolveDhtOptions({ bucketSize: 4 })
    assert.equal(own.bucketSize, 4)
    assert.equal(own.goodFor, 900)
    assert.equal(resolveDhtOptions(own), own)
    assert.ok(Object.isFrozen(own))
  })

  it('name the one that is out of range', () => {
    const wrong: readonly Partial<DhtOptions>[] = [
      { bucketSize: 0 },
      { peerLife: Number.NaN },
      { maxReply: 60_000 },
      { wideBuckets: [0] },
      { queryRate: { loopback: 1, private: 1, global: 0 } },
      { softTimeout: 6, hardTimeout: 5 },
    ]
    for (const given of wrong) {
      const key = Object.keys(given)[0]!
      assert.throws(
        () => resolveDhtOptions(given),
        (error) => error instanceof LodestoneError && error.kind === 'usage' && error.message.includes(key),
      )
    }
  })
})
