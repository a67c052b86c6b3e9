import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decode, encode } from '../../src/codec/bencode.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { Reply } from '../../src/probe/reply.ts'

describe('a datagram of the node under test', () => {
  it('is read with its kind, its fields and the bytes of each', () => {
    const reply = new Reply(
      latin1('d2:ip6:abcdef1:rd2:id2:ab3:seqi9007199254740993e1:vli1e1:xee1:t2:aa1:y1:re'),
    )
    assert.equal(reply.kind, 'r')
    assert.equal(toLatin1(reply.transaction!), 'aa')
    assert.equal(reply.fields!.get('seq'), 9007199254740993n)
    assert.equal(toLatin1(reply.raw.get('v')!), 'li1e1:xe')
    assert.deepEqual([reply.canonical, reply.code], [true, undefined])
    assert.equal(reply.summary, 'a response with id, seq, v')
  })

  it('is summed up in a line, however much it holds', () => {
    const keys = Array.from({ length: 500 }, (_, i) => `4:k${100 + i}1:x`).join('')
    const { summary } = new Reply(latin1(`d1:rd${keys}e1:y1:re`))
    assert.ok(summary.startsWith('a response with k100, k101') && summary.length < 100)
  })

  it('is known as an error by its number, and as none when that is missing', () => {
    assert.equal(new Reply(latin1('d1:eli203e3:Bade1:t2:aa1:y1:ee')).code, 203)
    for (const error of ['le', 'li203ee', 'l3:203e', 'de', '1:x', 'l3:Badi203ee']) {
      const reply = new Reply(latin1(`d1:e${error}1:t2:aa1:y1:ee`))
      assert.deepEqual([reply.code, reply.summary], [undefined, 'a malformed error'])
    }
  })

  it('is not canonical with unsorted or repeated keys, trailing bytes or idle zeros', () => {
    for (const text of [
      'd1:y1:q1:t1:ae',
      'd1:a0:1:a0:e',
      'd1:y1:re ',
      'd1:ai03ee',
      'd01:a0:e',
      'le',
      '',
      'd1:y',
    ]) {
      assert.equal(new Reply(latin1(text)).canonical, false, text)
    }
  })

  it('is canonical whenever the encoder made it, and holds what the decoder finds in it', () => {
    const key = fc.string({ maxLength: 6 }).map((text) => toLatin1(new TextEncoder().encode(text)))
    const value = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.maxSafeInteger())
    const fields = fc.dictionary(key, value).map((dict) => new Map(Object.entries(dict)))
    fc.assert(
      fc.property(fields, (given) => {
        const bytes = encode(new Map([['r', given]]))
        const reply = new Reply(bytes)
        assert.ok(reply.canonical)
        const found = decode(bytes, { depth: 8, tokens: 1000, length: 4096 })
        assert.ok(found instanceof Map)
        for (const [name, item] of found.get('r') as Map<string, Uint8Array | number>) {
          const read = (reply.root.get('r') as Map<string, Uint8Array | bigint>).get(name)
          assert.deepEqual(typeof item === 'number' ? BigInt(item) : new Uint8Array(item), read)
        }
      }),
    )
  })

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isOpened) => {
        const reply = new Reply(isOpened ? latin1(`d1:r${toLatin1(bytes)}`) : bytes)
        assert.ok(reply.summary.length > 0 && reply.summary.length < 400)
      }),
    )
  })
})
