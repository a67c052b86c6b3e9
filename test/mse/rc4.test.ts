import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import { Rc4 } from '../../src/mse/rc4.ts'
import { dice } from '../support/dice.ts'

/** RFC 6229, section 2: by key, sixteen bytes of its stream at some places. */
const VECTORS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '0102030405': {
    0: 'b2396305f03dc027ccc3524a0a1118a8',
    16: '6982944f18fc82d589c403a47a0d0919',
    240: '28cb1132c96ce286421dcaadb8b69eae',
    256: '1cfcf62b03eddb641d77dfcf7f8d8c93',
    1024: '30abbcc7c20b01609f23ee2d5f6bb7df',
    2032: '1eb14a0c13b3bf47fa2a0ba93ad45b8b',
    4096: 'ff25b58995996707e51fbdf08b34d875',
  },
  '0102030405060708090a0b0c0d0e0f10': {
    0: '9ac7cc9a609d1ef7b2932899cde41b97',
    16: '5248c4959014126a6e8a84f11d1a9e1c',
    256: 'd39d566bc6bce3010768151549f3873f',
    1024: 'bdf0324e6083dcc6d3cedd3ca8c53c16',
    4096: 'a36a4c301ae8ac13610ccbc12256cacc',
  },
  '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20': {
    0: 'eaa6bd25880bf93d3f5d1e4ca2611d91',
    1024: '7fec5bfd9f9b89ce6548309092d7e958',
    4096: 'f3e4c0a2e02d1d01f7f0a74618af2b48',
  },
}

function keyStream(cipher: Rc4, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  cipher.crypt(bytes, bytes)
  return bytes
}

describe('RC4', () => {
  for (const [key, places] of Object.entries(VECTORS)) {
    it(`gives the stream of RFC 6229 for a key of ${key.length / 2} bytes`, () => {
      const stream = keyStream(new Rc4(fromHex(key)!), 4112)
      for (const [at, expected] of Object.entries(places)) {
        assert.equal(toHex(stream.subarray(Number(at), Number(at) + 16)), expected)
        assert.equal(toHex(keyStream(new Rc4(fromHex(key)!, Number(at)), 16)), expected)
      }
    })
  }

  it('goes on where it stopped, whatever the cuts, and writes where it is told to alone', () => {
    const rng = dice(3)
    const plain = keyStream(new Rc4(Uint8Array.of(9)), 3000)
    const whole = new Uint8Array(plain.length)
    new Rc4(Uint8Array.of(1, 2)).crypt(plain, whole)
    for (let round = 0; round < 50; round++) {
      const cipher = new Rc4(Uint8Array.of(1, 2))
      const into = new Uint8Array(plain.length + 20).fill(0xee)
      for (let at = 0; at < plain.length; ) {
        const end = Math.min(plain.length, at + below(rng, 60))
        cipher.crypt(plain.subarray(at, end), into, 10 + at)
        at = end
      }
      assert.deepEqual(into.subarray(10, 10 + plain.length), whole)
      assert.ok(into.subarray(0, 10).every((byte) => byte === 0xee))
      assert.ok(into.subarray(10 + plain.length).every((byte) => byte === 0xee))
    }
    const cipher = new Rc4(Uint8Array.of(1, 2))
    cipher.crypt(whole, whole)
    assert.deepEqual(whole, plain)
  })
})
