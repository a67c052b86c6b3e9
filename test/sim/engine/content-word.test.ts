import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentWord } from '../../../sim/engine/content-word.ts'

const DATAGRAM = Uint8Array.from({ length: 100 }, (_, i) => i)

describe('content word', () => {
  it('is the same for the same bytes and tells their length', () => {
    assert.equal(contentWord(DATAGRAM, 7), contentWord(DATAGRAM.slice(), 7))
    assert.equal(contentWord(DATAGRAM, 7) & 0xffff, 100)
    assert.equal(contentWord(new Uint8Array(0), 7) & 0xffff, 0)
  })

  it('notices one changed byte at every place, over the salts', () => {
    for (let place = 0; place < DATAGRAM.length; place++) {
      const other = DATAGRAM.slice()
      other[place]! ^= 1
      const noticed = [0, 1, 2, 3, 4, 5, 6].some(
        (salt) => contentWord(other, salt) !== contentWord(DATAGRAM, salt),
      )
      assert.ok(noticed, `byte ${place}`)
    }
  })
})
