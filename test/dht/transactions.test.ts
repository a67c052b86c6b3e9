import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { writeUint32 } from '../../src/core/bytes.ts'
import { unit } from '../../src/core/rng.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { type Transaction, Transactions } from '../../src/dht/asking/transactions.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import { dice } from '../support/dice.ts'
import { globalAddress } from '../support/virtual-dht.ts'

/** A transaction's id as it stands in a datagram. */
function transactionId(key: number): Uint8Array {
  const id = new Uint8Array(4)
  writeUint32(id, 0, key)
  return id
}

describe('transactions', () => {
  it('3.01 have ids of four bytes, unique among those outstanding', () => {
    const transactions = new Transactions<number>(DHT_DEFAULTS, dice(1))
    const keys = new Set<number>()
    for (let i = 0; i < 2000; i++) keys.add(transactions.open(0, globalAddress(1), undefined, i).key)
    assert.equal(keys.size, 2000)
    assert.equal(transactionId(0x01020304).length, 4)
    assert.deepEqual([...transactionId(0x01020304)], [1, 2, 3, 4])
  })

  it('3.01 draw another id when the first is taken', () => {
    const draws = [7, 7, 7, 8]
    const transactions = new Transactions<number>(DHT_DEFAULTS, { u32: () => draws.shift()!, fill: () => {} })
    assert.equal(transactions.open(0, globalAddress(1), undefined, 0).key, 7)
    assert.equal(transactions.open(0, globalAddress(1), undefined, 0).key, 8)
  })

  it('3.02 3.03 3.04 match id and address together, once', () => {
    const transactions = new Transactions<string>(DHT_DEFAULTS, dice(1))
    const opened = transactions.open(0, globalAddress(1), undefined, 'caller')
    const id = transactionId(opened.key)
    assert.equal(transactions.take(globalAddress(2), id), undefined)
    assert.equal(transactions.take(globalAddress(1), id.slice(0, 2)), undefined)
    assert.equal(transactions.take(globalAddress(1), id), opened)
    assert.equal(transactions.take(globalAddress(1), id), undefined)
  })

  it('follow response times with the soft timeout, within bounds', () => {
    const transactions = new Transactions<string>(DHT_DEFAULTS, dice(1))
    const patience = (): number => transactions.open(0, globalAddress(1), undefined, '').patience
    assert.equal(patience(), SECOND)
    for (let i = 0; i < 100; i++) transactions.measured(20 * MILLISECOND)
    assert.equal(patience(), SECOND / 10)
    for (let i = 0; i < 50; i++) transactions.measured(4 * SECOND)
    assert.equal(patience(), 2 * SECOND)
  })

  it('3.05 give up as slow a few of those that are answered, however response times are spread', () => {
    const rng = dice(4)
    for (const time of [() => 200 + 400 * unit(rng), () => 150 + 1_200 * unit(rng) ** 4]) {
      const transactions = new Transactions<string>(DHT_DEFAULTS, dice(1))
      let late = 0
      for (let i = 0; i < 3_000; i++) {
        const took = Math.round(time()) * MILLISECOND
        if (i >= 1_000 && took > transactions.open(0, globalAddress(1), undefined, '').patience) late += 1
        transactions.measured(took)
      }
      assert.ok(late > 20 && late < 220, `${late} of 2000`)
    }
  })

  it('are answered, or slow and then failed, each exactly once, whatever the order', () => {
    const command = fc.oneof(
      fc.record({ kind: fc.constant('open' as const) }),
      fc.record({ kind: fc.constant('reply' as const), which: fc.nat(40) }),
      fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.nat(3000) }),
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const transactions = new Transactions<number>(DHT_DEFAULTS, dice(1))
        const opened: Transaction<number>[] = []
        const ends = new Map<number, string>()
        let now = 0
        const expire = (): void => {
          for (let slow = transactions.takeSlow(now); slow; slow = transactions.takeSlow(now)) {
            assert.equal(ends.has(slow.caller), false)
            assert.ok(slow.patience <= now)
          }
          for (let failed = transactions.takeFailed(now); failed; failed = transactions.takeFailed(now)) {
            assert.equal(ends.has(failed.caller), false)
            assert.ok(now - failed.sent >= 5 * SECOND)
            ends.set(failed.caller, 'failed')
          }
          assert.ok(transactions.nextDeadline() > now)
        }
        for (const step of commands) {
          if (step.kind === 'open') {
            opened.push(transactions.open(now, globalAddress(opened.length), undefined, opened.length))
          } else if (step.kind === 'reply') {
            const transaction = opened[step.which]
            if (transaction === undefined) continue
            const taken = transactions.take(transaction.address, transactionId(transaction.key))
            assert.equal(taken === undefined, ends.has(step.which))
            ends.set(step.which, ends.get(step.which) ?? 'answered')
          } else {
            now += step.milliseconds * MILLISECOND
            expire()
          }
        }
        now += 10 * SECOND
        expire()
        assert.equal(transactions.size, 0)
        assert.equal(ends.size, opened.length)
      }),
      { numRuns: 200 },
    )
  })
})
