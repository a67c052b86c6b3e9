/** BEP 46: links and items of torrents that change. Rows 8.08 to 8.12 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { mutableTarget } from '../../src/codec/item.ts'
import { formatItemLink, namedInfoHash, parseItemLink } from '../../src/codec/mutable-torrent.ts'
import { latin1, toHex } from '../../src/core/bytes.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'

const KEY = '8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e'

describe('the link of a torrent that changes', () => {
  const target = (link: string): string => {
    const { publicKey, salt } = parseItemLink(link)
    return toHex(mutableTarget(nodeCrypto.sha1, publicKey, salt))
  }

  it('8.08 8.09 leads to the official target, with a salt and without', () => {
    assert.equal(target(`magnet:?xs=urn:btpk:${KEY}`), 'cc3f9d90b572172053626f9980ce261a850d050b')
    assert.equal(target(`magnet:?xs=urn:btpk:${KEY}&s=6e`), '59ee7c2cb9b4f7eb1986ee2d18fd2fdb8a56554f')
    assert.equal(
      target(`MAGNET:?dn=x&XS=URN:BTPK:${KEY.toUpperCase()}&amp;s=6E#part`),
      target(`magnet:?xs=urn:btpk:${KEY}&s=6e`),
    )
  })

  it('8.12 is refused when its key or its salt is none', () => {
    for (const [link, code] of [
      [`magnet:?xs=urn:btpk:${KEY.slice(1)}`, 'magnet/bad-key'],
      [`magnet:?xs=urn:btpk:${KEY}0`, 'magnet/bad-key'],
      [`magnet:?xs=urn:btpk:x${KEY.slice(1)}`, 'magnet/bad-key'],
      [`magnet:?xs=urn:btpk:${KEY}&s=6`, 'magnet/bad-salt'],
      [`magnet:?xs=urn:btpk:${KEY}&s=xx`, 'magnet/bad-salt'],
      [`magnet:?xs=urn:btpk:${KEY}&s=${'00'.repeat(65)}`, 'magnet/bad-salt'],
      [`magnet:?xt=urn:btih:${KEY.slice(24)}`, 'magnet/no-key'],
      [KEY, 'magnet/not-a-magnet'],
    ] as const) {
      assert.throws(() => parseItemLink(link), { kind: 'usage', code })
    }
  })

  it('is read back as it was written', () => {
    const bytes = (most: number, least = most): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ minLength: least, maxLength: most })
    fc.assert(
      fc.property(bytes(32), bytes(64, 0), (publicKey, salt) => {
        assert.deepEqual(parseItemLink(formatItemLink({ publicKey, salt })), { publicKey, salt })
      }),
    )
  })
})

describe('the value of an item', () => {
  it('8.10 names the torrent by its info-hash, whatever else it holds', () => {
    const hash = latin1('mnopqrstuvwxyz123456')
    for (const value of ['d2:ih20:mnopqrstuvwxyz123456e', 'd1:ai1e2:ih20:mnopqrstuvwxyz123456e']) {
      assert.deepEqual(namedInfoHash(latin1(value)), hash)
    }
  })

  it('8.11 names none when that is of another length or type', () => {
    for (const value of [
      'd2:ih19:mnopqrstuvwxyz12345e',
      `d2:ih40:${'ab'.repeat(20)}e`,
      'd2:ihi5ee',
      'de',
      'le',
      '20:mnopqrstuvwxyz123456',
      'd2:ih20:mnopqrstuvwxyz123456',
    ]) {
      assert.equal(namedInfoHash(latin1(value)), undefined)
    }
  })
})
