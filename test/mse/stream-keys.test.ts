import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { toHex } from '../../src/core/bytes.ts'
import { Rc4 } from '../../src/mse/rc4.ts'
import { masked, streamKeys, syncMark, torrentMark } from '../../src/mse/stream-keys.ts'
import { sha1, TORRENT } from '../support/mse-pair.ts'

const SECRET = Uint8Array.from({ length: 96 }, (_, i) => 7 * i)

/** `HASH(word, parts)` as the specification writes it. */
function hash(word: string, ...parts: Uint8Array[]): Uint8Array {
  const sum = createHash('sha1').update(word, 'latin1')
  for (const part of parts) sum.update(part)
  return sum.digest()
}

describe('what an encrypted stream is known by', () => {
  it('is hashed behind the words of the specification', () => {
    assert.equal(toHex(syncMark(sha1, SECRET)), toHex(hash('req1', SECRET)))
    assert.equal(toHex(torrentMark(sha1, TORRENT)), toHex(hash('req2', TORRENT)))
    const mark = Uint8Array.from({ length: 20 }, (_, i) => 11 * i)
    const expected = hash('req3', SECRET).map((byte, i) => byte ^ mark[i]!)
    assert.equal(toHex(masked(sha1, SECRET, mark)), toHex(expected))
  })

  it('has a key for each way, of which the first 1,024 bytes of the stream are not used', () => {
    const keys = streamKeys(sha1, SECRET, TORRENT)
    for (const [word, cipher] of [
      ['keyA', keys.dialler],
      ['keyB', keys.accepter],
    ] as const) {
      const whole = new Uint8Array(1_024 + 40)
      new Rc4(hash(word, SECRET, TORRENT)).crypt(whole, whole)
      const stream = new Uint8Array(40)
      cipher.crypt(stream, stream)
      assert.equal(toHex(stream), toHex(whole.subarray(1_024)))
    }
  })
})
