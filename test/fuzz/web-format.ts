import assert from 'node:assert/strict'
import { parseContentRange, parseRetryAfter, type WebRange } from '../../src/codec/web-answer.ts'
import { followUrl, parseUrl, type WebUrl } from '../../src/codec/web-url.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { decodeUtf8 } from '../../src/core/utf8.ts'
import type { Format } from './codec-target.ts'

const BASE = parseUrl('http://host.example:81/a/b?c')!

interface ReadWeb {
  readonly urls: readonly WebUrl[]
  readonly range: WebRange | undefined
}

/** What web servers say before they send, and where they send us on to. */
export const WEB_ANSWER: Format<ReadWeb> = {
  seeds: [
    'http://host.example/folder/file%20name?x=y#z',
    'https://[2001:db8::1]:8443/ä',
    'udp://1.2.3.4:80/announce',
    '//other.example/x',
    '/a/../b',
    'bytes 0-1023/146515',
    'bytes 42-1233/*',
    '120',
  ].map(latin1),
  read(bytes) {
    const text = decodeUtf8(bytes)
    const retry = parseRetryAfter(toLatin1(bytes))
    assert.ok(retry === undefined || (Number.isSafeInteger(retry) && retry >= 0))
    const urls = [parseUrl(text), followUrl(BASE, text)].filter((url) => url !== undefined)
    const range = parseContentRange(text)
    return urls.length === 0 && range === undefined ? undefined : { urls, range }
  },
  check({ urls, range }) {
    for (const { scheme, host, port, path } of urls) {
      assert.ok(['http', 'https', 'udp'].includes(scheme) && port >= 1 && port <= 65_535)
      // Nothing in it ends a line or a word of a request.
      assert.match(path, /^\/[!-~]*$/)
      assert.ok(host !== '' && !/[\s/@?#]/.test(host))
    }
    if (range === undefined) return
    assert.ok(range.begin < range.end && Number.isSafeInteger(range.end))
  },
}
