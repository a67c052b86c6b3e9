import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { copyBytes, latin1, toHex, writeUint32 } from '../../src/core/bytes.ts'
import { sharedId } from '../../src/core/shared-ids.ts'
import { Stock } from '../../src/core/stock.ts'
import { lent } from '../codec/vectors.ts'

const WIDTH = 6

function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(WIDTH)
  writeUint32(key, 2, number)
  return key
}

describe('a stock', () => {
  it('gives an item for its key alone, wherever the key lies', () => {
    const keys = fc.uniqueArray(fc.uint8Array({ minLength: WIDTH, maxLength: WIDTH }), { selector: toHex })
    fc.assert(
      fc.property(keys, fc.uint8Array({ maxLength: 9 }), (all, padding) => {
        const stock = new Stock<Uint8Array>(WIDTH, 1_000)
        for (const key of all) {
          assert.equal(stock.find(key, 0), undefined)
          stock.add(key, 0, key)
        }
        for (const key of all) {
          assert.equal(stock.find(Uint8Array.of(...padding, ...key, ...padding), padding.length), key)
        }
      }),
    )
  })

  it('keeps a copy of a key that was only lent', () => {
    const stock = new Stock<string>(WIDTH, 10)
    const key = lent(keyOf(7))
    stock.add(key, 0, 'seven')
    key.fill(9)
    assert.equal(stock.find(keyOf(7), 0), 'seven')
    assert.equal(stock.find(key, 0), undefined)
  })

  it('forgets what nobody asks for, keeps what is in use, and holds two generations at most', () => {
    const stock = new Stock<number>(WIDTH, 100)
    for (let i = 0; i < 1_000; i++) {
      stock.add(keyOf(i), 0, i)
      if (i % 50 === 0) assert.equal(stock.find(keyOf(0), 0), 0)
    }
    let left = 0
    for (let i = 0; i < 1_000; i++) if (stock.find(keyOf(i), 0) !== undefined) left += 1
    assert.ok(left >= 100 && left <= 300, `${left}`)
  })

  it('shares ids, and does not mistake one for another that differs in a single bit', () => {
    const id = latin1('mnopqrstuvwxyz123456')
    const shared = sharedId(id)
    assert.notEqual(shared, id)
    assert.equal(sharedId(copyBytes(id)), shared)
    for (let bit = 0; bit < 160; bit++) {
      const other = copyBytes(id)
      other[bit >> 3]! ^= 0x80 >> (bit & 7)
      assert.deepEqual(sharedId(other), other)
    }
  })
})
