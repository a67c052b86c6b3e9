import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowedFastSet } from '../../src/codec/allowed-fast.ts'
import { parseAddress } from '../../src/core/address.ts'
import { sha1 } from './vectors.ts'

const HASH = new Uint8Array(20).fill(0xaa)
const PEER = parseAddress('80.4.4.200', 6_881)!

describe('the allowed-fast set (FX5)', () => {
  for (const [size, expected] of [
    [7, [1059, 431, 808, 1217, 287, 376, 1188]],
    [9, [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]],
    [10, [1059, 431, 808, 1217, 287, 376, 1188, 353, 508, 1246]],
  ] as const) {
    it(`is that of BEP 6 with ${size} pieces of 1313`, () => {
      assert.deepEqual(allowedFastSet(sha1, HASH, PEER, 1_313, size), expected)
    })
  }

  it('is one for all hosts of a /24', () => {
    for (const host of ['80.4.4.0', '80.4.4.255']) {
      const set = allowedFastSet(sha1, HASH, parseAddress(host, 1)!, 1_313, 7)
      assert.deepEqual(set, [1059, 431, 808, 1217, 287, 376, 1188])
    }
    assert.notDeepEqual(allowedFastSet(sha1, HASH, parseAddress('80.4.5.200', 1)!, 1_313, 1), [1059])
  })

  it('ends when the torrent has fewer pieces than the set should', () => {
    assert.deepEqual(allowedFastSet(sha1, HASH, PEER, 3, 10), [1, 2, 0])
    assert.deepEqual(allowedFastSet(sha1, HASH, PEER, 1, 10), [0])
    assert.deepEqual(allowedFastSet(sha1, HASH, PEER, 0, 10), [])
  })

  it('is empty for IPv6', () => {
    assert.deepEqual(allowedFastSet(sha1, HASH, parseAddress('2001:db8::1', 6_881)!, 1_313, 7), [])
  })
})
