import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  authorityOf,
  escapeBytes,
  escapeName,
  followUrl,
  parseUrl,
  type WebUrl,
} from '../../src/codec/web-url.ts'

const formatUrl = (url: WebUrl): string => `${url.scheme}://${authorityOf(url)}${url.path}`

describe('the URL of a tracker or web seed', () => {
  const whole: [string, string][] = [
    ['http://a', 'http://a/'],
    ['HTTP://A.Example:80/b', 'http://a.example/b'],
    ['https://a:443/b?c=d#e', 'https://a/b?c=d'],
    ['https://[2001:DB8::1]:8443?x', 'https://[2001:db8::1]:8443/?x'],
    ['http://[::1]/a', 'http://[::1]/a'],
    ['udp://1.2.3.4:80/announce', 'udp://1.2.3.4:80/announce'],
    ['http://a/b c/ä[1];%20"{}', 'http://a/b%20c/%C3%A4[1];%20%22%7B%7D'],
  ]
  for (const [text, shown] of whole) {
    it(`reads ${text}`, () => assert.equal(formatUrl(parseUrl(text)!), shown))
  }

  const none = [
    ...['', 'a', 'ftp://a/', 'udp://a/', 'http://', 'http:///x', 'http://a:0/', 'http://a:65536/'],
    ...['http://a b/', 'http://u:p@a/', 'http://a/\r\nHost: b', 'http://[::1', 'http://[a]/'],
    `http://a/${'x'.repeat(2_100)}`,
  ]
  for (const text of none)
    it(`refuses ${JSON.stringify(text).slice(0, 40)}`, () => assert.equal(parseUrl(text), undefined))

  it('follows what servers send as a location', () => {
    const base = parseUrl('http://a:81/b/c?d=/e')!
    const to = (location: string) => {
      const url = followUrl(base, location)
      return url && formatUrl(url)
    }
    assert.equal(to('https://x/y'), 'https://x/y')
    assert.equal(to('//x/y'), 'http://x/y')
    assert.equal(to('/y'), 'http://a:81/y')
    assert.equal(to('y?z'), 'http://a:81/b/y?z')
    assert.equal(to('file:///etc/passwd'), undefined)
    assert.equal(to('ftp://x/'), undefined)
  })

  it('gives the host as a request has it', () => {
    assert.equal(authorityOf(parseUrl('http://[::1]:8080/')!), '[::1]:8080')
    assert.equal(authorityOf(parseUrl('https://a/')!), 'a')
  })

  it('escapes names so that they are one part of a path', () => {
    assert.equal(escapeName('a/b?c#d%20 ä.~-_'), 'a%2Fb%3Fc%23d%2520%20%C3%A4.~-_')
    assert.equal(escapeBytes(Uint8Array.of(0, 65, 255)), '%00%41%ff')
  })

  it('reads back what it shows, and agrees with the platform on what it points to', () => {
    const part = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(fc.constantFrom('http', 'https'), part, part, (scheme, path, query) => {
        const url = parseUrl(`${scheme}://host.example:8080/${path}?${query}`)
        if (url === undefined) return
        assert.deepEqual(parseUrl(formatUrl(url)), url)
        assert.match(url.path, /^\/[!-~]*$/)
        assert.equal(new URL(formatUrl(url)).host, 'host.example:8080')
      }),
    )
  })
})
