import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeSearch,
  encodeSearch,
  MOST_SEARCHED,
  SEARCH_GROUP,
  type SearchMessage,
} from '../../src/codec/search-message.ts'
import { fromHex, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { mutated } from './vectors.ts'

const HASH = 'ef62af8aad90252d5e40f366c202d30152efbb82'
/** As aria2 1.36 sends it. */
const CAPTURED = [
  ...['BT-SEARCH * HTTP/1.1', 'Host: 239.192.152.143:6771', 'Port: 16991', `Infohash: ${HASH}`],
  ...['', '', ''],
].join('\r\n')

const PLAIN: SearchMessage = { family: 4, port: 16_991, infoHashes: [fromHex(HASH)!], cookie: undefined }

const hash = fc.uint8Array({ minLength: 20, maxLength: 20 })

const messages: fc.Arbitrary<SearchMessage> = fc.record(
  {
    family: fc.constantFrom(4 as const, 6 as const),
    port: fc.integer({ min: 1, max: 65_535 }),
    infoHashes: fc.uniqueArray(hash, { minLength: 1, maxLength: MOST_SEARCHED, selector: String }),
    cookie: fc.option(fc.stringMatching(/^[!-~]{1,16}$/), { nil: undefined }),
  },
  { noNullPrototype: true },
)

function read(text: string): SearchMessage | undefined {
  return decodeSearch(latin1(text))
}

describe('the message of local discovery (BEP 14)', () => {
  it('is read as another program sends it, and written with the same bytes', () => {
    assert.deepEqual(read(CAPTURED), PLAIN)
    assert.equal(toLatin1(encodeSearch(PLAIN)), CAPTURED)
  })

  it('names the group of its family as host', () => {
    assert.equal(SEARCH_GROUP[4].text, '239.192.152.143:6771')
    assert.equal(SEARCH_GROUP[6].text, '[ff15::efc0:988f]:6771')
    const text = toLatin1(encodeSearch({ ...PLAIN, family: 6, cookie: 'name=x' }))
    assert.ok(
      text.includes('\r\nHost: [ff15::efc0:988f]:6771\r\n') && text.includes('\r\ncookie: name=x\r\n'),
    )
  })

  it('comes back the same, and is never longer than 1400 bytes', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = encodeSearch(message)
        assert.ok(bytes.length <= 1_400)
        assert.deepEqual(decodeSearch(bytes), message)
      }),
    )
  })

  it('has as many info-hashes as fit in', () => {
    const infoHashes = Array.from({ length: MOST_SEARCHED + 1 }, (_, i) => new Uint8Array(20).fill(i))
    const longest: SearchMessage = { family: 6, port: 65_535, infoHashes, cookie: 'x'.repeat(16) }
    assert.ok(encodeSearch({ ...longest, infoHashes: infoHashes.slice(1) }).length <= 1_400)
    assert.ok(encodeSearch(longest).length > 1_400)
    assert.equal(decodeSearch(encodeSearch(longest)), undefined)
  })

  it('passes over unknown headers, and takes names and digits of either case, and room around values', () => {
    const lines = [
      'HOST:239.192.152.143:6771',
      'x-other: 1',
      'port: \t16991 ',
      `INFOHASH: ${HASH.toUpperCase()}`,
    ]
    assert.deepEqual(read(`BT-SEARCH * HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), PLAIN)
  })

  it('names a torrent once that is there twice', () => {
    assert.deepEqual(read(CAPTURED.replace('\r\nInfohash', `\r\nInfohash: ${HASH}\r\nInfohash`)), PLAIN)
  })

  const hostile: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['another method', CAPTURED.replace('BT-SEARCH', 'M-SEARCH')],
    ['another version', CAPTURED.replace('1.1', '1.0')],
    ['no end', CAPTURED.trimEnd()],
    ['an end that is cut off', `${CAPTURED.trimEnd()}\r\n`],
    ['something after the end', `${CAPTURED}x`],
    ['line feeds alone', CAPTURED.replaceAll('\r', '')],
    ['no host', CAPTURED.replace(/Host.*\r\n/, '')],
    ['another host', CAPTURED.replace('152.143', '152.144')],
    ['two hosts', CAPTURED.replace('Host', 'Host: 239.192.152.143:6771\r\nHost')],
    ['no port', CAPTURED.replace(/Port.*\r\n/, '')],
    ['two ports', CAPTURED.replace('Port', 'Port: 1\r\nPort')],
    ...['0', '65536', '-1', '1e3', '0x10', '', '000001', '６881'].map(
      (port) => [`port "${port}"`, CAPTURED.replace('16991', port)] as const,
    ),
    ['no info-hash', CAPTURED.replace(/Infohash.*\r\n/, '')],
    ['a short info-hash', CAPTURED.replace(HASH, HASH.slice(2))],
    ['a long info-hash', CAPTURED.replace(HASH, `${HASH}00`)],
    ['an info-hash in other digits', CAPTURED.replace(HASH, `g${HASH.slice(1)}`)],
    ['a bad info-hash next to a good one', CAPTURED.replace('Infohash', 'Infohash: 12\r\nInfohash')],
    ['two cookies', CAPTURED.replace('Port', 'cookie: a\r\ncookie: b\r\nPort')],
    ['a line that is no header', CAPTURED.replace('Port', 'hello\r\nPort')],
    ['a header without a name', CAPTURED.replace('Port', ': 1\r\nPort')],
    ['a name with a space', CAPTURED.replace('Port', 'a b: 1\r\nPort')],
    ['control characters', CAPTURED.replace('Port', 'a: \u001b[2J\r\nPort')],
    ['a line that is too long', CAPTURED.replace('Port', `a: ${'x'.repeat(260)}\r\nPort`)],
    ['too many headers', CAPTURED.replace('Port', `${'a:\r\n'.repeat(30)}Port`)],
    ['too many bytes', `${CAPTURED}${'\r\n'.repeat(700)}`],
  ]
  for (const [what, text] of hostile) {
    it(`is nothing with ${what}`, () => {
      assert.notEqual(text, CAPTURED)
      assert.equal(read(text), undefined)
    })
  }

  it('is a message or nothing, whatever comes', () => {
    const input = fc.oneof(fc.uint8Array({ maxLength: 1_500 }), mutated(messages.map(encodeSearch)))
    fc.assert(
      fc.property(input, (bytes) => {
        const message = decodeSearch(bytes)
        if (message === undefined) return
        assert.ok(message.port >= 1 && message.port <= 65_535 && message.infoHashes.length >= 1)
        assert.ok(message.infoHashes.every(({ length }) => length === 20))
      }),
    )
  })
})
