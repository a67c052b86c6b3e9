import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encodeInfo, type Info, parseInfo } from '../../src/codec/metainfo.ts'
import { parseUrl } from '../../src/codec/web-url.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { fileUrl, partsOf } from '../../src/session/web/content-parts.ts'

function infoOf(files: readonly { path: string[]; length: number }[]): Info {
  const length = files.reduce((sum, file) => sum + file.length, 0)
  const pieces = new Uint8Array(20 * Math.ceil(length / 16_384))
  return parseInfo(encodeInfo({ name: 'a name', pieceLength: 16_384, pieces, files }), nodeCrypto)
}

describe('the parts of a content that web seeds are asked for', () => {
  it('cover each byte once, in order, and no file beyond its end', () => {
    const lengths = fc
      .array(fc.nat(50), { minLength: 1, maxLength: 30 })
      .filter((all) => all.some((one) => one > 0))
    fc.assert(
      fc.property(lengths, fc.nat(1_000), fc.nat(1_000), (all, from, to) => {
        const info = infoOf(all.map((length, i) => ({ path: [`f${i}`], length })))
        const begin = Math.min(from, to) % info.length
        const end = Math.min(info.length, Math.max(from, to) + 1)
        if (begin >= end) return
        let at = begin
        for (const part of partsOf(info, begin, end)) {
          const { offset, length } = info.files[part.file]!
          assert.equal(offset + part.begin, at)
          assert.ok(part.begin < part.end && part.end <= length && part.length === length)
          at = offset + part.end
        }
        assert.equal(at, end)
      }),
    )
  })

  it('lie at the URL of a file, or below that of a folder, with what is special escaped (BEP 19)', () => {
    const many = infoOf([{ path: ['a b', 'ä?#%.txt'], length: 5 }])
    const path = (url: string, info: Info): string => fileUrl(parseUrl(url)!, info, 0).path
    assert.equal(path('http://h/x', many), '/x/a%20name/a%20b/%C3%A4%3F%23%25.txt')
    assert.equal(path('http://h/x/', many), '/x/a%20name/a%20b/%C3%A4%3F%23%25.txt')
    const bytes = encodeInfo({ name: 'a name', pieceLength: 16_384, pieces: new Uint8Array(20), length: 5 })
    const one = parseInfo(bytes, nodeCrypto)
    assert.deepEqual([path('http://h/x', one), path('http://h/x/', one)], ['/x', '/x/a%20name'])
  })
})
