import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Bitfield } from '../../src/core/bitfield.ts'

describe('a bitfield', () => {
  it('has piece 0 in the highest bit of the first byte (BEP 3)', () => {
    const field = new Bitfield(10)
    field.add(0)
    field.add(9)
    assert.deepEqual(field.bytes, Uint8Array.of(0x80, 0x40))
  })

  it('BF1 is not made of too few or too many bytes', () => {
    assert.equal(Bitfield.fromWire(new Uint8Array(1), 9), undefined)
    assert.equal(Bitfield.fromWire(new Uint8Array(3), 9), undefined)
    assert.notEqual(Bitfield.fromWire(new Uint8Array(2), 9), undefined)
    assert.notEqual(Bitfield.fromWire(new Uint8Array(0), 0), undefined)
  })

  it('BF2 drops spare bits before it counts', () => {
    const field = Bitfield.fromWire(Uint8Array.of(0xff, 0xff), 9)!
    assert.deepEqual([field.count, field.full, field.bytes[1]], [9, true, 0x80])
    const lacking = Bitfield.fromWire(Uint8Array.of(0x7f, 0xff), 9)!
    assert.deepEqual([lacking.count, lacking.full], [8, false])
  })

  it('BF5 is the same when all bits came at once, one by one, or by filling', () => {
    for (const length of [1, 7, 8, 9, 16, 17]) {
      const filled = new Bitfield(length)
      filled.fill()
      const added = new Bitfield(length)
      for (let i = 0; i < length; i++) added.add(i)
      const read = Bitfield.fromWire(new Uint8Array(Math.ceil(length / 8)).fill(0xff), length)!
      for (const field of [filled, added, read]) {
        assert.deepEqual([field.bytes, field.count, field.full], [filled.bytes, length, true])
      }
    }
  })

  it('BF7 takes no index beyond its end, however large', () => {
    const field = new Bitfield(9)
    for (const index of [9, 15, 16, 2 ** 31, 2 ** 32 - 1, -1]) {
      assert.equal(field.add(index), false)
      assert.equal(field.has(index), false)
      assert.equal(field.remove(index), false)
    }
    assert.deepEqual(field.bytes, new Uint8Array(2))
  })

  it('is a copy of what it was read from', () => {
    const wire = Uint8Array.of(0xff)
    const field = Bitfield.fromWire(wire, 8)!
    wire.fill(0)
    assert.equal(field.count, 8)
  })

  it('behaves as a set of indices does, its count included', () => {
    const step = fc.tuple(fc.constantFrom('add', 'remove', 'fill', 'clear'), fc.nat(20))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 40 }), (length, steps) => {
        const field = new Bitfield(length)
        const model = new Set<number>()
        for (const [action, index] of steps) {
          if (action === 'add') {
            assert.equal(field.add(index), index < length && !model.has(index))
            if (index < length) model.add(index)
          } else if (action === 'remove') assert.equal(field.remove(index), model.delete(index))
          else if (action === 'fill') {
            field.fill()
            for (let i = 0; i < length; i++) model.add(i)
          } else {
            field.clear()
            model.clear()
          }
          assert.equal(field.count, model.size)
          assert.equal(field.full, model.size === length)
          for (let i = 0; i < length; i++) assert.equal(field.has(i), model.has(i))
          assert.deepEqual(Bitfield.fromWire(field.bytes, length)!.count, field.count)
        }
      }),
      { numRuns: 200 },
    )
  })
})
