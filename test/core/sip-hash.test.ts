import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../src/core/bytes.ts'
import { SIP_KEY_LENGTH, SipHash } from '../../src/core/sip-hash.ts'

/** Bytes that count up from zero, as the authors' vectors have them, key and input alike. */
function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i)
}

function hash(input: Uint8Array, key: Uint8Array = counting(SIP_KEY_LENGTH)): string {
  const into = new Uint8Array(10)
  new SipHash(key).write(input, into, 1)
  assert.deepEqual([into[0], into[9]], [0, 0], 'it writes eight bytes')
  return toHex(into.subarray(1, 9))
}

test('SipHash-2-4 gives the values of its authors, for all lengths of the last word', () => {
  const published = [
    '310e0edd47db6f72',
    'fd67dc93c539f874',
    '5a4fa9d909806c0d',
    '2d7efbd796666785',
    'b7877127e09427cf',
    '8da699cd64557618',
    'cee3fe586e46c9cb',
    '37d1018bf50002ab',
    '6224939a79f5f593',
    'b0e4a90bdf82009e',
    'f3b9dd94c5bb5d7a',
    'a7ad6b22462fb3f4',
    'fbe50e86bc8f1e75',
    '903d84c02756ea14',
    'eef27a8e90ca23f7',
    'e545be4961ca29a1',
  ]
  for (const [length, value] of published.entries()) assert.equal(hash(counting(length)), value)
  assert.equal(hash(counting(63)), '724506eb4c328a95')
})

test('every bit of the key and of the input changes the hash', () => {
  const plain = hash(counting(24))
  const seen = new Set([plain])
  for (let bit = 0; bit < 8 * 24; bit++) {
    const input = counting(24)
    input[bit >> 3]! ^= 1 << (bit & 7)
    seen.add(hash(input))
  }
  for (let bit = 0; bit < 8 * SIP_KEY_LENGTH; bit++) {
    const key = counting(SIP_KEY_LENGTH)
    key[bit >> 3]! ^= 1 << (bit & 7)
    seen.add(hash(counting(24), key))
  }
  assert.equal(seen.size, 1 + 8 * 24 + 8 * SIP_KEY_LENGTH)
})
