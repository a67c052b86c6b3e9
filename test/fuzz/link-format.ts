import assert from 'node:assert/strict'
import { formatMagnet, type Magnet, parseInfoHash, parseMagnet } from '../../src/codec/magnet.ts'
import { type ItemPlace, parseItemLink } from '../../src/codec/mutable-torrent.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { LodestoneError } from '../../src/core/errors.ts'
import { below } from '../../src/core/rng.ts'
import { decodeUtf8 } from '../../src/core/utf8.ts'
import type { Format } from './codec-target.ts'

const HASH = '0123456789abcdef0123456789ABCDEF01234567'
const KEY = '8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e'

const LINKS = [
  `magnet:?xt=urn:btih:${HASH}`,
  `magnet:?xt=urn:btih:${HASH}&dn=some+name%20%C3%A9&tr=udp%3A%2F%2Ftracker.example%3A80&x.pe=192.0.2.1:6881&so=0,2,4-6`,
  `magnet:?xt.1=urn:btih:${HASH}&xt.2=urn:btmh:1220${KEY}&x.pe=[2001:db8::1]:6881&x.pe=peer.example:1&so=0-4294967295`,
  'magnet:?xt=urn:btih:AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT&tr.1=https://a/b&tr.2=wss://c&amp;dn=%e2%80%ae%00#fragment',
  `MAGNET:?dn=x&xl=10&xt=urn:btih:${HASH}&ws=http%3A%2F%2Fx%2F&kt=a+b&%%%=&=&&`,
  `magnet:?xs=urn:btpk:${KEY}&s=6e`,
  `magnet:?xs=urn:btpk:${KEY}`,
]

interface ReadLink {
  readonly magnet: Magnet | undefined
  readonly item: ItemPlace | undefined
}

function isUsage(error: unknown): boolean {
  return error instanceof LodestoneError && error.kind === 'usage' && error.code.startsWith('magnet/')
}

function unlessUsage<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!isUsage(error)) throw error
    return undefined
  }
}

/** Magnet links of torrents (BEP 9, BEP 53) and of items (BEP 46). */
export const LINK: Format<ReadLink> = {
  seeds: LINKS.map(latin1),
  read(bytes, rng) {
    const text = below(rng, 2) === 0 ? toLatin1(bytes) : decodeUtf8(bytes)
    parseInfoHash(text)
    const magnet = unlessUsage(() => parseMagnet(text))
    const item = unlessUsage(() => parseItemLink(text))
    return magnet === undefined && item === undefined ? undefined : { magnet, item }
  },
  check({ magnet, item }) {
    if (item !== undefined) assert.ok(item.publicKey.length === 32 && item.salt.length <= 64)
    if (magnet === undefined) return
    const { warnings, ...rest } = magnet
    assert.equal(rest.infoHash.length, 20)
    assert.ok(
      rest.trackers.length <= 64 &&
        rest.webSeeds.length <= 64 &&
        rest.peers.length <= 64 &&
        rest.select.length <= 10_000,
    )
    assert.ok(warnings.length <= 4)
    assert.ok(rest.select.every(({ first, last }) => first <= last && Number.isSafeInteger(last)))
    assert.ok(rest.peers.every(({ port }) => port >= 1 && port <= 65_535))
    // Law: a link that is written from what was read says the same.
    const { warnings: _, ...again } = parseMagnet(formatMagnet(rest))
    assert.deepEqual(again, rest)
  },
}
