import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encodeInfo, encodeMetainfo, type Metainfo } from '../../src/codec/metainfo.ts'
import { concatBytes, latin1, toHex } from '../../src/core/bytes.ts'
import { codeOf, file, H, HELLO, info, metainfo, multi } from './dictionaries.ts'
import { mutated, sha1, text, tokenSoup } from './vectors.ts'

describe('the torrent file', () => {
  it('TI26 is written, read, and written again to the same bytes', () => {
    const infoBytes = encodeInfo({ name: 'hello', pieceLength: 16_384, pieces: latin1(H), length: 5 })
    assert.equal(text(infoBytes), text(HELLO))
    const nodes = [
      { host: '127.0.0.1', port: 6_881 },
      { host: '2001:db8::1', port: 1 },
      { host: 'host.example', port: 65_535 },
    ]
    const bytes = encodeMetainfo({
      infoBytes,
      nodes,
      comment: 'Hé',
      createdBy: 'x',
      creationDate: 1_000_000_000,
    })
    assert.equal(
      text(bytes),
      `d7:comment3:H\xc3\xa910:created by1:x13:creation datei1000000000e4:info${text(HELLO)}5:nodesll9:127.0.0.1i6881eel11:2001:db8::1i1eel12:host.examplei65535eeee`,
    )
    const found = metainfo(bytes)
    assert.deepEqual([found.nodes, found.comment, found.trackers], [nodes, 'Hé', []])
    assert.equal(
      text(
        encodeMetainfo({
          infoBytes: found.info.bytes,
          nodes: found.nodes,
          comment: found.comment!,
          createdBy: 'x',
          creationDate: 1_000_000_000,
        }),
      ),
      text(bytes),
    )
  })

  it('can hold nothing but the info dictionary', () => {
    const bytes = encodeMetainfo({ infoBytes: HELLO })
    assert.equal(text(bytes), `d4:info${text(HELLO)}e`)
    assert.equal(toHex(metainfo(bytes).info.infoHash), 'bdb46b45d540f614aa67b474ea1e59a0857fb38f')
  })

  it('of several private files is read back as it was written', () => {
    const files = [
      { path: ['a', 'ü'], length: 3 },
      { path: ['b'], length: 0 },
      { path: ['c'], length: 2 },
    ]
    const found = info(
      encodeInfo({ name: 'dir', pieceLength: 16_384, pieces: latin1(H), files, private: true }),
    )
    assert.deepEqual(
      found.files.map(({ path, length }) => ({ path: path.slice(1), length })),
      files,
    )
    assert.equal(found.private, true)
    assert.deepEqual(found.warnings, [])
  })

  it('keeps the info dictionary as found, apart from the file', () => {
    const bytes = latin1(`d4:infod4:name5:hello6:lengthi5e12:piece lengthi16384e6:pieces20:${H}ee`)
    const found = metainfo(bytes)
    bytes.fill(0)
    assert.equal(toHex(found.info.infoHash), 'db5a67e3adf67a5c6668a073707b821a45d6bda7')
    assert.equal(toHex(sha1(found.info.bytes)), 'db5a67e3adf67a5c6668a073707b821a45d6bda7')
  })

  const refused: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['TI25 empty', new Uint8Array(0), 'not-a-torrent', /is empty/],
    ['TI25 a web page', latin1('  <!DOCTYPE html>'), 'not-a-torrent', /web page/],
    ['TI25 gzip', latin1('\x1f\x8b\x08'), 'not-a-torrent', /gzip/],
    ['TI25 noise', latin1('\xff\xff\xff'), 'not-a-torrent', /not a torrent/],
    ['truncated', latin1('d4:info'), 'malformed', /damaged/],
    ['without info', latin1('d8:announce1:xe'), 'no-info', /no info/],
    [
      'TI1 with two info dictionaries',
      latin1(`d4:info${text(HELLO)}4:info${text(HELLO)}e`),
      'duplicate-info',
      /two/,
    ],
    ['with an info that is a list', latin1('d4:infolee'), 'malformed', /not valid/],
    ['larger than 32 MiB', new Uint8Array(33_554_433).fill(0x64), 'too-large', /32 MiB/],
  ]
  for (const [name, bytes, code, sentence] of refused) {
    it(`${name} is refused in words`, () => {
      assert.equal(
        codeOf(() => metainfo(bytes)),
        `metainfo/${code}`,
      )
      assert.throws(() => metainfo(bytes), sentence)
    })
  }

  it('TI1 warns of bytes behind its end', () => {
    assert.equal(metainfo(latin1(`d4:info${text(HELLO)}ex`)).info.warnings.length, 1)
  })

  it('TI22 is not private by a flag outside info', () => {
    assert.equal(metainfo(latin1(`d4:info${text(HELLO)}7:privatei1ee`)).info.private, false)
  })

  const withFields = (before: string, after: string): Metainfo =>
    metainfo(latin1(`d${before}4:info${text(HELLO)}${after}e`))

  it('TI24 is not refused for malformed optional fields', () => {
    const found = withFields(
      '8:announcei5e13:announce-listli1el1:x4:aaaaee7:commenti7e13:creation datei99999999999999999999e',
      '5:nodes3:abc12:piece layersle8:url-listd1:ai1ee',
    )
    assert.deepEqual([found.nodes, found.trackers, found.comment], [[], [], undefined])
  })

  it('TI24, 9.16 uses nodes that are host and port, and skips others', () => {
    const good = 'l9:127.0.0.1i6881ee'
    const bad = [
      'l1:ai0ee',
      'l1:ai65536ee',
      'li1ei1ee',
      'l1:a1:5e',
      'le',
      '1:a',
      'i1e',
      'l3:a bi1ee',
      `l300:${'x'.repeat(300)}i1ee`,
    ]
    const found = withFields('', `5:nodesl${bad.join('')}${good}e`)
    assert.deepEqual(found.nodes, [{ host: '127.0.0.1', port: 6_881 }])
  })

  it('TI24 lists trackers in the order of their tiers, each once', () => {
    const found = withFields('8:announce7:udp://a13:announce-listll7:udp://b7:udp://ael8:http://cee', '')
    assert.deepEqual(found.trackers, [['udp://b', 'udp://a'], ['http://c']])
    assert.deepEqual(withFields('8:announce7:udp://a', '').trackers, [['udp://a']])
    assert.deepEqual(withFields('8:announce7:udp://a13:announce-listll1:xee', '').trackers, [['udp://a']])
  })

  it('TI24 lists web seeds, whether one or several (BEP 19)', () => {
    assert.deepEqual(withFields('', '8:url-list8:http://c').webSeeds, ['http://c'])
    const several = '8:url-listl8:http://c7:ftp://di1e8:http://c9:https://ee'
    assert.deepEqual(withFields('', several).webSeeds, ['http://c', 'https://e'])
  })

  it('TI24 writes trackers and web seeds that are read back as they were', () => {
    const webSeeds = ['http://w/']
    for (const trackers of [[['udp://a:1']], [['udp://a:1', 'http://b/'], ['http://c/']]]) {
      const found = metainfo(encodeMetainfo({ infoBytes: HELLO, trackers, webSeeds }))
      assert.deepEqual([found.trackers, found.webSeeds], [trackers, webSeeds])
    }
  })

  it('TI24 takes piece layers with raw keys and millions of values in its stride', () => {
    const layers = `d32:${'\xff'.repeat(32)}20:${H}e`
    assert.equal(withFields('', `12:piece layers${layers}`).info.name, 'hello')
  })

  it('TI1, TI2 gives a metainfo or a remote error with a code, whatever the bytes', () => {
    const genuine = fc.constantFrom(
      encodeMetainfo({ infoBytes: HELLO, nodes: [{ host: 'a', port: 1 }], comment: 'x' }),
      encodeMetainfo({ infoBytes: multi([file('a/b', 3), file('c', 2, { attr: 'p' })]) }),
    )
    const embedded = tokenSoup.map((soup) =>
      concatBytes([
        latin1('d4:infod5:filesl'),
        soup,
        latin1(`e4:name1:t12:piece lengthi9e6:pieces20:${H}ee`),
      ]),
    )
    fc.assert(
      fc.property(fc.oneof(tokenSoup, mutated(genuine), embedded), (bytes) => {
        const code = codeOf(() => metainfo(bytes))
        assert.match(code, /^(none|metainfo\/[a-z0-9-]+)$/)
      }),
      { numRuns: 3_000 },
    )
  })

  it('is refused whenever it is truncated', () => {
    const whole = encodeMetainfo({ infoBytes: multi([file('a/b', 3), file('c', 2)]), comment: 'x' })
    for (let end = 0; end < whole.length; end++) {
      assert.notEqual(
        codeOf(() => metainfo(whole.subarray(0, end))),
        'none',
      )
    }
  })
})
