import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Link } from '../../../sim/network/links.ts'

describe('a line', () => {
  it('serves what is sent one after another at its rate', () => {
    const link = new Link(1_000_000)
    assert.equal(link.send(0, 1_000), 1_000)
    assert.equal(link.send(0, 500), 1_500)
    assert.equal(link.backlog(500), 1_000)
    assert.equal(link.send(10_000, 1_000), 11_000)
  })

  it('holds back what is received to its rate, and adds nothing while it is idle', () => {
    const link = new Link(1_000_000)
    assert.equal(link.receive(5_000, 1_000), 5_000)
    assert.equal(link.receive(5_000, 1_000), 6_000)
    assert.equal(link.receive(20_000, 1_000), 20_000)
  })

  it('never carries more than its rate over a busy time, however small the packets', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 50_000_000 }),
        fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 100 }),
        (rate, sizes) => {
          const link = new Link(rate)
          let total = 0
          let last = 0
          for (const size of sizes) {
            total += size
            const at = link.send(0, size)
            assert.ok(at >= last && Number.isInteger(at))
            last = at
          }
          const exact = (total / rate) * 1e6
          assert.ok(last >= exact - 1e-3 && last <= exact + 1)
          assert.equal(link.carried, total)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('without a limit lets everything through at once', () => {
    const link = new Link(Number.POSITIVE_INFINITY)
    assert.equal(link.send(7, 1e9), 7)
    assert.equal(link.receive(7, 1e9), 7)
  })
})
