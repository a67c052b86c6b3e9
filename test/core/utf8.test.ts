import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { latin1 } from '../../src/core/bytes.ts'
import { decodeUtf8, encodeUtf8, printable } from '../../src/core/utf8.ts'

/** Every code point, surrogates included. */
const anyText = fc
  .array(fc.oneof(fc.nat(0x2ff), fc.nat(0xffff), fc.nat(0x10ffff)), { maxLength: 20 })
  .map((points) => String.fromCodePoint(...points))

describe('UTF-8', () => {
  it('is written and read as the platform does it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = encodeUtf8(text)
        assert.deepEqual(bytes, new TextEncoder().encode(text))
        assert.equal(decodeUtf8(bytes), new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
      }),
      { numRuns: 200 },
    )
  })

  it('writes a lone surrogate as the replacement character', () => {
    assert.deepEqual(encodeUtf8('a\ud800b'), latin1('a\xef\xbf\xbdb'))
  })

  it('is recognised as the platform recognises it', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const lead = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
      0x9f,
      0xa0,
      0x90,
      0x8f,
    )
    fc.assert(
      fc.property(fc.array(lead, { maxLength: 8 }), (list) => {
        const bytes = Uint8Array.from(list)
        let text: string | undefined
        try {
          text = strict.decode(bytes)
        } catch {
          text = undefined
        }
        assert.equal(decodeUtf8(bytes, '!').includes('!'), text === undefined)
        if (text !== undefined) assert.equal(decodeUtf8(bytes), text)
      }),
      { numRuns: 3_000 },
    )
  })

  for (const [name, bytes] of [
    ['an overlong dot', '\xc0\xae'],
    ['an overlong NUL', '\xe0\x80\x80'],
    ['a surrogate', '\xed\xa0\x80'],
    ['a code point beyond U+10FFFF', '\xf4\x90\x80\x80'],
    ['a truncated sequence', '\xe2\x80'],
    ['a lone continuation', '\x80'],
  ] as const) {
    it(`takes each byte of ${name} for ill-formed`, () => {
      assert.equal(decodeUtf8(latin1(`a${bytes}b`), '_'), `a${'_'.repeat(bytes.length)}b`)
    })
  }
})

describe('printable text', () => {
  it('has no control, bidi or zero-width characters', () => {
    assert.equal(printable('a\0\x1b[31m\x7f\u0085\u200b\u202e\u2066\ufeffb\u2028'), 'a[31mb')
  })

  it('is cut at code points, with a mark', () => {
    assert.equal(printable('x'.repeat(64)), 'x'.repeat(64))
    assert.equal(printable('x'.repeat(65)), `${'x'.repeat(63)}…`)
    assert.equal(printable('😀'.repeat(64)), '😀'.repeat(64))
    assert.equal(printable('😀'.repeat(65)), `${'😀'.repeat(63)}…`)
    assert.equal(printable('😀'.repeat(100_000), 3), '😀😀…')
    assert.equal([...printable('x'.repeat(1_000), 10)].length, 10)
  })
})
