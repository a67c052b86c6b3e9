import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { latin1, toHex } from '../../src/core/bytes.ts'
import { dice, keystream, nodeCrypto, randomFrom } from '../../src/host/crypto.ts'

test('the hashes are those of FIPS 180', () => {
  assert.equal(toHex(nodeCrypto.sha1(latin1('abc'))), 'a9993e364706816aba3e25717850c26c9cd0d89d')
  assert.equal(
    toHex(nodeCrypto.sha256(latin1('abc'))),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

for (const [name, make] of Object.entries({ keystream, dice })) {
  test(`${name}: equal seeds draw alike, others differ`, () => {
    const draws = (seed: string): number[] => {
      const rng = make(latin1(seed))
      return Array.from({ length: 3_000 }, () => rng.u32())
    }
    assert.deepEqual(draws('a'), draws('a'))
    assert.notDeepEqual(draws('a'), draws('b'))
    assert.ok(new Set(draws('a')).size > 2_990)
    assert.ok(draws('a').every((draw) => Number.isInteger(draw) && draw >= 0 && draw < 2 ** 32))
  })

  test(`${name}: bits are balanced in every position`, () => {
    const rng = make(latin1('balance'))
    const ones = new Array<number>(32).fill(0)
    for (let i = 0; i < 4_096; i++) {
      for (let bit = 0, draw = rng.u32(); bit < 32; bit++) ones[bit]! += (draw >>> bit) & 1
    }
    // Six standard deviations.
    for (const count of ones) assert.ok(Math.abs(count - 2_048) < 192)
  })
}

test('the keystream is one row of bytes, in whatever portions it is taken', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9_000), { maxLength: 8 }), (lengths) => {
      const total = lengths.reduce((sum, length) => sum + length, 0)
      const whole = new Uint8Array(total)
      keystream(latin1('k')).fill(whole)
      const rng = keystream(latin1('k'))
      let at = 0
      for (const length of lengths) {
        const part = new Uint8Array(length)
        rng.fill(part)
        assert.deepEqual(part, whole.slice(at, at + length))
        at += length
      }
    }),
    { numRuns: 30 },
  )
})

test('dice fill whole buffers of any length', () => {
  const rng = dice(latin1('d'))
  const bytes = new Uint8Array(1_027)
  rng.fill(bytes)
  assert.ok(new Set(bytes.subarray(1_000)).size > 15)
})

test('the two streams of one seed have nothing in common', () => {
  const { secret, dice: thrown } = randomFrom(new Uint8Array(32))
  assert.notEqual(secret.u32(), thrown.u32())
})
