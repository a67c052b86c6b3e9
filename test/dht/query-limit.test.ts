import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { QueryLimit } from '../../src/dht/answering/query-limit.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import { resolveDhtOptions } from '../../src/dht/resolve-dht-options.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

describe('query limit', () => {
  it('2.32 answers a burst of ten and two a second to one source, and others as if it were not there', () => {
    const limit = new QueryLimit(DHT_DEFAULTS)
    let answered = 0
    for (let i = 0; i < 6000; i++) {
      const now = i * (SECOND / 100)
      if (limit.allows(now, address('60.1.1.1', 1 + (i % 7)))) answered += 1
      if (i % 100 === 0) assert.equal(limit.allows(now, globalAddress(i)), true)
    }
    assert.ok(answered >= 125 && answered <= 130, String(answered))
  })

  it('sets no limit to the narrower scopes unless told', () => {
    const limit = new QueryLimit(DHT_DEFAULTS)
    for (let i = 0; i < 10_000; i++) assert.equal(limit.allows(0, address('127.0.0.1')), true)
    assert.equal(limit.sources, 0)
    const strict = new QueryLimit(resolveDhtOptions({ queryRate: { loopback: 1, private: 1, global: 1 } }))
    const allowed = [1, 2].map((port) => {
      let count = 0
      while (strict.allows(0, address('127.0.0.1', port))) count += 1
      return count
    })
    assert.deepEqual(allowed, [10, 10])
  })

  it('2.33 stays small, and keeps to its budget, when a million sources ask', () => {
    const limit = new QueryLimit(resolveDhtOptions({ maxSources: 1000 }))
    let answered = 0
    for (let i = 0; i < 1_000_000; i += 17) {
      const from = address(`${60 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`)
      if (limit.allows(i, from)) answered += 1
      assert.ok(limit.sources <= 1000)
    }
    assert.ok(answered <= 4000 + 2001)
  })

  it('2.33 keeps half of its budget for who keeps within the own limit, whoever floods it', () => {
    const limit = new QueryLimit(DHT_DEFAULTS)
    let flood = 0
    let asked = 0
    let answered = 0
    for (let i = 0; i < 300_000; i++) {
      // Three thousand sources ask ten times a second each, which is five times what they may.
      const now = i * (SECOND / 30_000)
      if (limit.allows(now, globalAddress(i % 3000))) flood += 1
      if (i % 20_000 !== 0) continue
      asked += 1
      if (limit.allows(now, address('70.1.1.1'))) answered += 1
    }
    assert.ok(answered >= asked - 1, `${answered} of ${asked}: at first nobody is known to be insistent`)
    assert.ok(flood <= 10 * 2000 + 4000)
  })

  it('counts all answers in the narrower scopes too when told', () => {
    const rate = { loopback: 100, private: 100, global: 100 }
    const limit = new QueryLimit(resolveDhtOptions({ replyRate: rate, replyBurst: 200 }))
    let answered = 0
    for (let port = 1; port <= 1000; port++) if (limit.allows(0, address('127.0.0.1', port))) answered += 1
    assert.equal(answered, 200)
  })

  it('forgets sources that have their full grant again', () => {
    const limit = new QueryLimit(DHT_DEFAULTS)
    for (let i = 0; i < 100; i++) limit.allows(0, globalAddress(i))
    for (let second = 10; second < 40; second += 10) limit.allows(second * SECOND, globalAddress(500))
    assert.equal(limit.sources, 2)
  })
})
