import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  equalConstantTime,
  fromHex,
  latin1,
  readUint16,
  readUint32,
  toHex,
  toLatin1,
  writeUint16,
  writeUint32,
} from '../../src/core/bytes.ts'

describe('bytes', () => {
  it('go to hexadecimal and back, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'))
        assert.deepEqual(fromHex(toHex(bytes)), bytes)
        assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes)
      }),
    )
  })

  for (const wrong of ['0', '0g', 'g0', '/0', ':0', '@0', '`0', '0x', ' 0', 'Ł0']) {
    it(`are not to be had from the text ${JSON.stringify(wrong)}`, () =>
      assert.equal(fromHex(wrong), undefined))
  }

  it('go to Latin-1 and back whatever their number, in whole and in part', () => {
    for (const length of [0, 1, 7, 8, 9, 63, 64, 65, 4_095, 4_096, 4_097, 4_160, 4_161, 10_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff)
      assert.equal(toLatin1(bytes), Buffer.from(bytes).toString('latin1'))
      assert.deepEqual(latin1(toLatin1(bytes)), bytes)
      assert.equal(
        toLatin1(bytes, 3, Math.max(3, length - 2)),
        Buffer.from(bytes).toString('latin1', 3, Math.max(3, length - 2)),
      )
    }
  })

  it('are copied even from a buffer whose slices are views', () => {
    for (const length of [0, 20, 64, 65, 1_000]) {
      const lent = Buffer.alloc(length + 2, 7)
      const copy = copyBytes(lent, 1, length + 1)
      lent.fill(9)
      assert.deepEqual(copy, new Uint8Array(length).fill(7))
    }
    assert.deepEqual(copyBytes(Uint8Array.of(1, 2)), Uint8Array.of(1, 2))
  })

  it('compare as Buffer compares them', () => {
    const short = fc.uint8Array({ maxLength: 4, max: 3 })
    fc.assert(
      fc.property(short, short, (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))
        assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0)
        assert.equal(equalConstantTime(a, b), Buffer.compare(a, b) === 0)
      }),
      { numRuns: 300 },
    )
  })

  it('are joined in order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5 })), (parts) => {
        assert.deepEqual(concatBytes(parts), new Uint8Array(Buffer.concat(parts)))
      }),
    )
  })

  it('hold big-endian unsigned integers', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer({ min: 0, max: 0xffffffff }), (small, large) => {
        const bytes = new Uint8Array(7)
        writeUint16(bytes, 0, small)
        writeUint32(bytes, 2, large)
        assert.deepEqual([readUint16(bytes, 0), readUint32(bytes, 2), bytes[6]], [small, large, 0])
        assert.equal(Buffer.from(bytes).readUInt32BE(2), large)
      }),
    )
  })
})
