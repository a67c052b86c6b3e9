import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AckLedger } from '../../../sim/network/ack-ledger.ts'

describe('acknowledgements on their way', () => {
  it('come once each, never before their time, and none before an earlier one', () => {
    const steps = fc.array(
      fc.record({
        pass: fc.nat(50),
        travel: fc.nat(100),
        bytes: fc.integer({ min: 1, max: 1_000 }),
        look: fc.boolean(),
      }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(steps, (steps) => {
        const ledger = new AckLedger()
        const pushed: { at: number; bytes: number }[] = []
        let now = 0
        let taken = 0
        for (const { pass, travel, bytes, look } of steps) {
          now += pass
          ledger.push(now + travel, bytes)
          pushed.push({ at: now + travel, bytes })
          if (look) taken += ledger.take(now)
          const due = pushed.filter(({ at }) => at <= now).reduce((sum, one) => sum + one.bytes, 0)
          assert.ok(taken <= due)
        }
        const all = pushed.reduce((sum, one) => sum + one.bytes, 0)
        if (all > taken) {
          const at = ledger.timeOf(all - taken)!
          assert.equal(ledger.timeOf(all - taken + 1), undefined)
          assert.ok(ledger.take(at - 1) < all - taken)
          assert.notEqual(ledger.take(at), 0)
        }
        assert.equal(ledger.take(now + 1_000), 0)
      }),
    )
  })

  it('are told by when they suffice', () => {
    const ledger = new AckLedger()
    ledger.push(10, 100)
    ledger.push(20, 100)
    ledger.push(15, 100)
    assert.equal(ledger.timeOf(100), 10)
    assert.equal(ledger.timeOf(101), 20)
    assert.equal(ledger.timeOf(301), undefined)
    assert.equal(ledger.take(19), 100)
    assert.equal(ledger.take(20), 200)
  })
})
