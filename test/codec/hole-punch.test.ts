import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeHolePunch, encodeHolePunch, isHolePunchLength } from '../../src/codec/hole-punch.ts'
import { addressFromBytes, parseAddress } from '../../src/core/address.ts'
import { fromHex, toHex } from '../../src/core/bytes.ts'

const read = (text: string) => decodeHolePunch(fromHex(text.replaceAll(' ', ''))!)

describe('messages of hole punching (BEP 55)', () => {
  it('are written as the BEP draws them, in both families', () => {
    const address = parseAddress('203.0.113.7', 6881)!
    const v6 = parseAddress('2001:db8::1', 1)!
    const written = (...[message]: Parameters<typeof encodeHolePunch>) => toHex(encodeHolePunch(message))
    assert.equal(written({ kind: 'rendezvous', address, error: 0 }), '0000cb0071071ae100000000')
    assert.equal(written({ kind: 'error', address, error: 4 }), '0200cb0071071ae100000004')
    assert.equal(
      written({ kind: 'connect', address: v6, error: 0 }),
      '010120010db8000000000000000000000001000100000000',
    )
  })

  it('are read without the number of an error where there is none, as libtorrent sends them', () => {
    assert.deepEqual(read('01 00 cb007107 1ae1'), read('01 00 cb007107 1ae1 00000000'))
    assert.equal(read('01 00 cb007107 1ae1 00000007')?.error, 0)
    assert.equal(read('02 00 cb007107 1ae1'), undefined)
  })

  it('are refused when cut short, too long, or of a kind or family that is none', () => {
    const wrong = ['', '00', '0000', '03 00 cb007107 1ae1 00000000', '00 02 cb007107 1ae1 00000000']
    for (const text of [...wrong, '00 01 cb007107 1ae1 00000000', '00 00 cb007107 1ae1 0000000000'])
      assert.equal(read(text), undefined, text)
  })

  it('are the same again, whatever is in them, and no other length is read', () => {
    const kind = fc.constantFrom('rendezvous', 'connect', 'error')
    const host = fc
      .constantFrom(4, 16)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
    const port = fc.nat(65_535)
    const number = fc.nat(0xffff_ffff)
    fc.assert(
      fc.property(kind, host, port, number, (of, bytes, to, code) => {
        const address = addressFromBytes(bytes, 0, bytes.length === 4 ? 4 : 6, to)
        const message = { kind: of as 'error', address, error: of === 'error' ? code : 0 }
        assert.deepEqual(decodeHolePunch(encodeHolePunch(message)), message)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const message = decodeHolePunch(bytes)
        assert.ok(message === undefined || isHolePunchLength(bytes.length))
        if (message !== undefined) assert.deepEqual(decodeHolePunch(encodeHolePunch(message)), message)
      }),
    )
  })
})
