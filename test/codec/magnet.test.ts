import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatMagnet, type Magnet, parseInfoHash, parseMagnet } from '../../src/codec/magnet.ts'
import { toHex } from '../../src/core/bytes.ts'
import { LodestoneError } from '../../src/core/errors.ts'

const HEX = '0123456789abcdef0123456789abcdef01234567'
const OTHER = '546cf15f724d19c4319cc17b179d7e035f89c1f4'
const XT = `xt=urn:btih:${HEX}`

function parse(query: string): Magnet {
  return parseMagnet(`magnet:?${XT}&${query}`)
}

function codeOf(link: string): string {
  try {
    parseMagnet(link)
  } catch (error) {
    assert.ok(error instanceof LodestoneError && error.kind === 'usage')
    return error.code
  }
  return 'none'
}

const V2 = 'ab'.repeat(32)
const BTMH = `urn:btmh:1220${V2}`

describe('info-hashes', () => {
  const valid: readonly (readonly [string, string])[] = [
    [HEX, HEX],
    [HEX.toUpperCase(), HEX],
    ['0123456789ABCDEF0123456789abcdef01234567', HEX],
    ['AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH', HEX],
    ['aerukz4jvpg66ajdivtytk6n54asgrlh', HEX],
    ['KRWPCX3SJUM4IMM4YF5RPHL6ANPYTQPU', OTHER],
    ['krwpcx3SJUM4IMM4YF5RPHL6ANPYTQPU', OTHER],
  ]
  for (const [input, hex] of valid) {
    it(`MG1, MG2 ${input} is read`, () => assert.equal(toHex(parseInfoHash(input)!), hex))
  }

  const invalid = [
    ['39 digits', HEX.slice(1)],
    ['41 digits', `${HEX}0`],
    ['31 base32 digits', 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRL'],
    ['33 base32 digits', 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRLHA'],
    ['a digit that is none', `${HEX.slice(1)}g`],
    ...['0', '1', '8', '9'].map((digit) => [
      `base32 with ${digit}`,
      `${digit}ERUKZ4JVPG66AJDIVTYTK6N54ASGRLH`,
    ]),
    ['nothing', ''],
  ] as const
  for (const [name, input] of invalid) {
    it(`MG3 ${name} is refused, as a hash and in a link`, () => {
      assert.equal(parseInfoHash(input!), undefined)
      assert.equal(codeOf(`magnet:?xt=urn:btih:${input}`), 'magnet/bad-hash')
    })
  }
})

describe('magnet links', () => {
  const errors: readonly (readonly [string, string, string])[] = [
    ['MG6 two hashes', `magnet:?${XT}&xt=urn:btih:${OTHER}`, 'magnet/ambiguous'],
    ['MG6 two hashes, numbered', `magnet:?xt.1=urn:btih:${HEX}&xt.2=urn:btih:${OTHER}`, 'magnet/ambiguous'],
    [
      'MG7 another kind of hash alone',
      'magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C',
      'magnet/no-hash',
    ],
    ['MG4 63 digits of a SHA-256', `magnet:?xt=urn:btmh:1220${V2.slice(1)}`, 'magnet/bad-hash'],
    ['MG4 66 digits of a SHA-256', `magnet:?xt=urn:btmh:1220${V2}ab`, 'magnet/bad-hash'],
    ['MG4 what is no digit', `magnet:?xt=urn:btmh:1220${V2.slice(1)}g`, 'magnet/bad-hash'],
    ['MG4 a SHA-1 as a multihash', `magnet:?xt=urn:btmh:1114${HEX}`, 'magnet/no-hash'],
    [
      'MG6 two of version 2',
      `magnet:?xt=${BTMH}&xt=urn:btmh:1220${V2.replace('a', 'b')}`,
      'magnet/ambiguous',
    ],
    ['MG9 no hash', 'magnet:?dn=x', 'magnet/no-topic'],
    ['MG9 nothing at all', 'magnet:', 'magnet/not-a-magnet'],
    ['MG9 an empty text', '', 'magnet/not-a-magnet'],
    ['MG9 a bare hash', HEX, 'magnet/not-a-magnet'],
    ['MG9 no question mark', `magnet:${XT}`, 'magnet/not-a-magnet'],
    ['MG21 more than 64 KiB', `magnet:?${XT}&dn=${'x'.repeat(65_536)}`, 'magnet/too-long'],
  ]
  for (const [name, link, code] of errors) it(`${name} is ${code}`, () => assert.equal(codeOf(link), code))

  it('MG3 says how long the wrong hash is', () => {
    assert.throws(() => parseMagnet('magnet:?xt=urn:btih:abc'), /xt.* has 3 digits/)
  })

  for (const link of [
    `magnet:?xt=urn%3Abtih%3A${HEX}`,
    `magnet:?xt=URN:BTIH:${HEX}`,
    `MAGNET:?XT=urn:btih:${HEX}`,
    `  magnet:?${XT}\n`,
    `magnet:?xt.1=urn:btih:${HEX}`,
    `magnet:?xt=urn:sha1:abc&${XT}&xt=urn:ed2k:abc&xt=urn:btmh:1114${HEX}`,
    `magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH&${XT}`,
    `magnet:?&&${XT}&dn&&=x&`,
    `magnet:?${XT}#fragment&xt=urn:btih:${OTHER}`,
    `magnet:?${XT}&__proto__=1&constructor=2&hasOwnProperty=3&toString=4`,
  ]) {
    it(`MG7, MG8, MG19, MG20 ${link.slice(0, 60).trim()} gives the hash and no more`, () => {
      assert.deepEqual(parseMagnet(link), {
        infoHash: parseInfoHash(HEX),
        v2Hash: undefined,
        name: undefined,
        peers: [],
        select: [],
        trackers: [],
        webSeeds: [],
        warnings: [],
      })
    })
  }

  it('MG4 takes a hash of version 2, in digits of either case', () => {
    for (const link of [`magnet:?xt=${BTMH}`, `magnet:?xt=urn:btmh:1220${V2.toUpperCase()}`]) {
      const { infoHash, v2Hash } = parseMagnet(link)
      assert.equal(toHex(v2Hash!), V2)
      assert.deepEqual(infoHash, v2Hash!.subarray(0, 20))
    }
  })

  it('MG5 takes the hashes of both versions in either order, numbered or not', () => {
    for (const link of [`${XT}&xt=${BTMH}`, `xt=${BTMH}&${XT}`, `xt.2=${BTMH}&xt.1=urn:btih:${HEX}`]) {
      const { infoHash, v2Hash } = parseMagnet(`magnet:?${link}`)
      assert.deepEqual([toHex(infoHash), toHex(v2Hash!)], [HEX, V2])
    }
  })

  const names: readonly (readonly [string, string | undefined])[] = [
    ['A+B%2BC%20D', 'A B+C D'],
    ['%FF', '\ufffd'],
    ['%', '%'],
    ['%zz', '%zz'],
    ['100%25%', '100%%'],
    ['a%2', 'a%2'],
    ['x=y=z', 'x=y=z'],
    ['%E6%97%A5', '日'],
    ['日', '日'],
    ['%1b%5B31mred%E2%80%AEx', '[31mredx'],
    ['../../x', '../../x'],
    ['', undefined],
    ['%00', undefined],
  ]
  for (const [value, name] of names) {
    it(`MG10 reads dn=${value} as ${JSON.stringify(name)}`, () =>
      assert.equal(parse(`dn=${value}`).name, name))
  }

  it('MG10 cuts a long name', () => assert.equal([...parse(`dn=${'x'.repeat(10_240)}`).name!].length, 255))

  it('MG11 keeps trackers in order, each once, of known schemes, at most 64', () => {
    const wanted = 'tr=udp%3A%2F%2Fa%3A1&tr.1=http://b/announce&tr.2=https://c&tr=wss://d&tr=udp://a:1'
    const unwanted = 'tr=file:///etc/passwd&tr=javascript:x&tr=udp://&tr=x&tr=http://e/%0a'
    assert.deepEqual(parse(`${wanted}&${unwanted}`).trackers, [
      'udp://a:1',
      'http://b/announce',
      'https://c',
      'wss://d',
    ])
    const many = Array.from({ length: 3_000 }, (_, i) => `tr=udp://t${i}`).join('&')
    assert.equal(parse(many).trackers.length, 64)
  })

  it('MG13 keeps web seeds of http and https alone, reserved characters and all, at most 64', () => {
    const wanted = 'ws=http%3A%2F%2Fa%2Fb%20%5B1%5D%26c%3Dd%2523.iso&ws.1=https://b/%C3%A4/'
    const unwanted = [
      ...['file:///etc/passwd', 'ftp://c/x', 'udp://d:1/', 'javascript:x', 'http://', 'http://e:0/'],
      ...['http://user:word@f/', 'http://g/%0d%0aHost:%20h', 'http://a/b%20%5B1%5D%26c=d%2523.iso'],
    ]
    assert.deepEqual(parse(`${wanted}&${unwanted.map((url) => `ws=${url}`).join('&')}`).webSeeds, [
      'http://a/b [1]&c=d%23.iso',
      'https://b/ä/',
    ])
    const many = Array.from({ length: 500 }, (_, i) => `ws=http://w${i}`).join('&')
    assert.equal(parse(many).webSeeds.length, 64)
  })

  it('MG12 keeps peers that are host and port, and says that others are ignored', () => {
    const good = 'x.pe=1.2.3.4:6881&x.pe=[2001:db8::1]:6881&x.pe=host.example:1&x.pe=%5B2001:db8::2%5D%3A80'
    const found = parse(good)
    assert.deepEqual(found.peers, [
      { host: '1.2.3.4', port: 6_881 },
      { host: '2001:db8::1', port: 6_881 },
      { host: 'host.example', port: 1 },
      { host: '2001:db8::2', port: 80 },
    ])
    assert.deepEqual(found.warnings, [])
    const bad = parse('x.pe=1.2.3.4&x.pe=:0&x.pe=1.2.3.4:0&x.pe=1.2.3.4:65536&x.pe=::1:80&x.pe=a%1bb:1&x.pe=')
    assert.deepEqual(bad.peers, [])
    assert.equal(bad.warnings.length, 1)
    assert.equal(parse(Array.from({ length: 100 }, (_, i) => `x.pe=h${i}:1`).join('&')).peers.length, 64)
  })

  const selections: readonly (readonly [string, readonly (readonly [number, number])[], number])[] = [
    [
      '0,2,4,6-8',
      [
        [0, 0],
        [2, 2],
        [4, 4],
        [6, 8],
      ],
      0,
    ],
    ['5-2', [], 1],
    ['-3', [], 1],
    ['3-', [], 1],
    ['a', [], 1],
    ['', [], 1],
    [
      '1,,2',
      [
        [1, 1],
        [2, 2],
      ],
      1,
    ],
    ['0-4294967295', [[0, 4_294_967_295]], 0],
    ['99999999999', [], 1],
    ['1-2-3,7', [[7, 7]], 1],
  ]
  for (const [value, ranges, warnings] of selections) {
    it(`MG14, MG15, MG16 reads so=${value}`, () => {
      const found = parse(`so=${value}`)
      assert.deepEqual(
        found.select,
        ranges.map(([first, last]) => ({ first, last })),
      )
      assert.equal(found.warnings.length, warnings)
    })
  }

  it('MG15 holds a bounded number of ranges', () => {
    assert.equal(parse(`so=${'1,'.repeat(20_000)}2`).select.length, 10_000)
  })

  it('MG19 bears a link that was escaped for HTML, with a warning', () => {
    const found = parseMagnet(`magnet:?${XT}&amp;dn=x`)
    assert.equal(found.name, 'x')
    assert.equal(found.warnings.length, 1)
  })

  it('MG23 is read back as it was written', () => {
    const name = fc
      .array(fc.oneof(fc.nat(0x7f), fc.nat(0x10ffff)), { minLength: 1, maxLength: 40 })
      .map((points) => String.fromCodePoint(...points))
    const host = fc.constantFrom('1.2.3.4', '2001:db8::1', 'host.example', 'bücher.example')
    const range = fc.tuple(fc.nat(1_000), fc.nat(10)).map(([first, more]) => ({ first, last: first + more }))
    const magnet = fc.record({
      infoHash: fc.uint8Array({ minLength: 20, maxLength: 20 }),
      v2Hash: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
      name: fc.option(name, { nil: undefined }),
      peers: fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 3 }),
      select: fc.array(range, { maxLength: 3 }),
      trackers: fc.subarray(['udp://a:1', 'http://b/x?y=1&z=2#3', 'https://c/ä%20 +']),
      webSeeds: fc.subarray(['http://b/x y&z=[2]%31', 'https://[2001:db8::1]:8080/ä+']),
    })
    fc.assert(
      fc.property(magnet, (original) => {
        const once = parseMagnet(formatMagnet(original))
        const twice = parseMagnet(formatMagnet(once))
        assert.deepEqual(twice, once)
        assert.deepEqual(once.infoHash, original.infoHash)
        assert.deepEqual(once.trackers, original.trackers)
        assert.deepEqual(once.webSeeds, original.webSeeds)
        assert.deepEqual(
          once.select.map((range) => ({ ...range })),
          original.select.map((range) => ({ ...range })),
        )
        assert.deepEqual(
          once.peers,
          original.peers.map((peer) => ({ ...peer })),
        )
        assert.match(formatMagnet(once), /^magnet:\?xt=urn:btih:[0-9a-f]{40}(&[\w.]+=[\w.~:/%,-]*)*$/)
      }),
      { numRuns: 150 },
    )
  })

  it('gives a magnet or a usage error for any text, in time', () => {
    const part = fc.constantFrom(
      XT,
      'dn=',
      '%',
      '%F',
      '&',
      '=',
      'x.pe=',
      'so=',
      '1-',
      ',',
      '#',
      '&amp;',
      '+',
      'tr=udp://',
      '\ud800',
    )
    const soup = fc.array(part, { maxLength: 30 }).map((parts) => `magnet:?${parts.join('')}`)
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), (link) => void codeOf(link)),
      { numRuns: 2_000 },
    )
    for (const text of ['%', '&', '=', '+', '%41', 'so=1,&', '.1', '#', 'x.pe=a&']) {
      codeOf(`magnet:?${XT}&dn=${text.repeat(65_000 / text.length)}`)
    }
  })
})
