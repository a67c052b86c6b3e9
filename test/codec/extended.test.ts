import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encode } from '../../src/codec/bencode.ts'
import {
  decodeExtendedHandshake,
  decodeMetadataMessage,
  type ExtendedHandshake,
  encodeExtendedHandshake,
  encodeMetadataMessage,
  METADATA_LIMIT,
  type MetadataMessage,
} from '../../src/codec/extended.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { mutated, packet, text, tokenSoup } from './vectors.ts'

function handshake(notation: string): ExtendedHandshake {
  const found = decodeExtendedHandshake(packet(notation))
  assert.ok(found !== undefined, notation)
  return found
}

const NOTHING: ExtendedHandshake = {
  ids: new Map(),
  metadataSize: undefined,
  requestQueue: undefined,
  port: undefined,
  client: undefined,
  yourIp: undefined,
  uploadOnly: undefined,
  encrypts: undefined,
}

describe('the extension handshake', () => {
  it('has the bytes of the vector, and is read back', () => {
    const bytes = encodeExtendedHandshake({ ids: { ut_metadata: 3 }, metadataSize: 31_235 })
    assert.equal(text(bytes), 'd1:md11:ut_metadatai3ee13:metadata_sizei31235ee')
    assert.deepEqual(decodeExtendedHandshake(bytes), {
      ...NOTHING,
      ids: new Map([['ut_metadata', 3]]),
      metadataSize: 31_235,
    })
  })

  it('says everything that there is to say', () => {
    const own = {
      ids: { ut_metadata: 2, ut_pex: 1 },
      metadataSize: 1,
      requestQueue: 500,
      port: 6_881,
      client: 'Lodestone 0.1',
      yourIp: Uint8Array.of(1, 2, 3, 4),
      uploadOnly: true,
      encrypts: true,
    }
    const expected = {
      ...own,
      ids: new Map([
        ['ut_metadata', 2],
        ['ut_pex', 1],
      ]),
    }
    assert.deepEqual(decodeExtendedHandshake(encodeExtendedHandshake(own)), expected)
  })

  const ignored: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no bencode', 'hello'],
    ['a list', 'le'],
    ['a truncated dictionary', 'd1:md11:ut_metadatai3ee'],
    ['trailing bytes', 'd1:mdeex'],
    ['a depth of 1000', 'd1:x{1000*l}{1000*e}e'],
    ['900 KiB', 'd1:x921600:{921600*x}e'],
    ['an endless loop for the package', 'd1:ml-3:ee'],
    ['an integer of 61 digits', 'd13:metadata_sizei1{60*0}ee'],
  ]
  for (const [name, notation] of ignored) {
    it(`EX2 is ignored when it is ${name}`, () => {
      assert.equal(decodeExtendedHandshake(packet(notation)), undefined)
    })
  }

  it('EX3 reads 0 as disabled', () => {
    assert.deepEqual(handshake('d1:md6:ut_pexi0eee').ids, new Map([['ut_pex', 0]]))
  })

  for (const value of ['i-1e', 'i256e', 'i1099511627776e', 'i99999999999999999999e', '1:3', 'le', 'de']) {
    it(`EX4 ignores the id ${value}`, () => {
      assert.deepEqual(handshake(`d1:md11:ut_metadata${value}6:ut_pexi7eee`).ids, new Map([['ut_pex', 7]]))
    })
  }

  it('EX4 gives an id that two extensions share to one of them', () => {
    assert.deepEqual(handshake('d1:md11:ut_metadatai3e6:ut_pexi3eee').ids, new Map([['ut_metadata', 3]]))
    assert.deepEqual(
      handshake('d1:md11:ut_metadatai0e6:ut_pexi0eee').ids,
      new Map([
        ['ut_metadata', 0],
        ['ut_pex', 0],
      ]),
    )
  })

  it('EX6 keeps known names alone, out of ten thousand and of those that every object has', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => [`x${i}`, 1 + (i % 255)] as const)
    const odd = ['__proto__', 'constructor', 'toString'].map((name) => [name, 9] as const)
    const m = new Map([...names, ...odd, ['ut_metadata', 3] as const])
    const found = decodeExtendedHandshake(encode(new Map([['m', m]])))
    assert.deepEqual(found?.ids, new Map([['ut_metadata', 3]]))
    assert.equal(({} as Record<string, unknown>)['ut_metadata'], undefined)
  })

  for (const m of ['i1e', 'le', '1:x']) {
    it(`takes an m that is ${m} for an empty one`, () => assert.deepEqual(handshake(`d1:m${m}e`), NOTHING))
  }

  const fields: readonly (readonly [string, string, keyof ExtendedHandshake, unknown])[] = [
    ...[
      'i0e',
      'i-5e',
      '5:31235',
      '4:31.5',
      'i9223372036854775808e',
      'i2147483648e',
      `i${METADATA_LIMIT + 1}e`,
    ].map((value) => ['EX13, EX14', `13:metadata_size${value}`, 'metadataSize', undefined] as const),
    ['EX14', `13:metadata_sizei${METADATA_LIMIT}e`, 'metadataSize', METADATA_LIMIT],
    ['EX14', '13:metadata_sizei14143527e', 'metadataSize', 14_143_527],
    ['EX8', '6:yourip4:abcd', 'yourIp', latin1('abcd')],
    ['EX8', '6:yourip16:{16*x}', 'yourIp', latin1('x'.repeat(16))],
    ...['0:', '5:abcde', '17:{17*x}', 'i1e'].map(
      (value) => ['EX8', `6:yourip${value}`, 'yourIp', undefined] as const,
    ),
    ...['i0e', 'i65536e', 'i-5e', '4:6881'].map(
      (value) => ['EX9', `1:p${value}`, 'port', undefined] as const,
    ),
    ['EX9', '1:pi65535e', 'port', 65_535],
    ['EX10', '1:v9:\x1b[31m\xff\xe2\x80\xae', 'client', '[31m\ufffd'],
    ['EX10', '1:v10240:{10240*x}', 'client', `${'x'.repeat(63)}…`],
    ['EX10', '1:vi5e', 'client', undefined],
    ['EX12', '11:upload_onlyi1e', 'uploadOnly', true],
    ['EX12', '11:upload_onlyi0e', 'uploadOnly', false],
    ['EX12', '11:upload_only1:1', 'uploadOnly', undefined],
    ...['i0e', 'i-1e', '1:x'].map((value) => ['CL21', `4:reqq${value}`, 'requestQueue', undefined] as const),
    ['CL21', '4:reqqi1000000000e', 'requestQueue', 1_000_000_000],
  ]
  for (const [row, notation, field, expected] of fields) {
    it(`${row} reads ${notation.slice(0, 40)} as ${JSON.stringify(expected)?.slice(0, 20)}`, () => {
      assert.deepEqual(handshake(`d${notation}e`)[field], expected)
    })
  }

  it('gives a handshake or nothing, whatever the bytes', () => {
    const genuine = fc.constant(
      encodeExtendedHandshake({
        ids: { ut_metadata: 3, ut_pex: 1 },
        metadataSize: 31_235,
        port: 6_881,
        client: 'x',
      }),
    )
    fc.assert(
      fc.property(fc.oneof(tokenSoup, fc.uint8Array(), mutated(genuine)), (bytes) => {
        const found = decodeExtendedHandshake(bytes)
        if (found === undefined) return
        for (const id of found.ids.values()) assert.ok(id >= 0 && id <= 255)
        assert.ok(
          found.metadataSize === undefined ||
            (found.metadataSize > 0 && found.metadataSize <= METADATA_LIMIT),
        )
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('metadata messages', () => {
  it('have the bytes of the vectors', () => {
    assert.equal(text(encodeMetadataMessage({ kind: 'request', piece: 0 })), 'd8:msg_typei0e5:piecei0ee')
    assert.equal(text(encodeMetadataMessage({ kind: 'reject', piece: 0 })), 'd8:msg_typei2e5:piecei0ee')
    assert.equal(
      text(encodeMetadataMessage({ kind: 'data', piece: 0, totalSize: 3, bytes: latin1('abc') })),
      'd8:msg_typei1e5:piecei0e10:total_sizei3eeabc',
    )
  })

  it('MD11 split at the end of the dictionary, whatever the block looks like', () => {
    for (const block of ['ee', 'd5:piecei9ee', '', 'eeeeee']) {
      const found = decodeMetadataMessage(latin1(`d8:msg_typei1e5:piecei4e10:total_sizei9ee${block}`))
      assert.deepEqual(found, { kind: 'data', piece: 4, totalSize: 9, bytes: latin1(block) })
    }
  })

  for (const type of ['i3e', 'i255e', 'i-1e', 'i99999999999999999999e']) {
    it(`MD2 of type ${type} are unknown, not malformed`, () => {
      assert.deepEqual(decodeMetadataMessage(latin1(`d8:msg_type${type}5:piecei0ee`)), { kind: 'unknown' })
    })
  }

  for (const bytes of [
    '',
    'hello',
    'le',
    'de',
    'd8:msg_typei0ee',
    'd5:piecei0ee',
    'd8:msg_type1:05:piecei0ee',
    'd8:msg_typei0e5:piece1:0e',
    'd8:msg_typei0e5:piecei0e',
    'd8:msg_typel-3:e',
  ]) {
    it(`MD3 are malformed as ${JSON.stringify(bytes)}`, () =>
      assert.equal(decodeMetadataMessage(latin1(bytes)), undefined))
  }

  for (const [piece, expected] of [
    ['-1', -1],
    ['2147483648', 2_147_483_648],
    ['9007199254740993', -1],
  ] as const) {
    it(`MD5 ask for piece ${piece} without harm`, () => {
      const found = decodeMetadataMessage(latin1(`d8:msg_typei0e5:piecei${piece}ee`))
      assert.deepEqual(found, { kind: 'request', piece: expected })
    })
  }

  it('MD9 may leave total_size out', () => {
    const found = decodeMetadataMessage(latin1('d8:msg_typei1e5:piecei0eeabc'))
    assert.deepEqual(found, { kind: 'data', piece: 0, totalSize: undefined, bytes: latin1('abc') })
  })

  it('MD12 are refused above 17 KiB', () => {
    const message = (length: number): Uint8Array =>
      encodeMetadataMessage({ kind: 'data', piece: 0, totalSize: length, bytes: new Uint8Array(length) })
    assert.notEqual(decodeMetadataMessage(message(16_384)), undefined)
    assert.equal(decodeMetadataMessage(message(17_408)), undefined)
  })

  it('are read back as they were written', () => {
    const piece = fc.nat()
    const message: fc.Arbitrary<Exclude<MetadataMessage, { kind: 'unknown' }>> = fc.oneof(
      fc.record({ kind: fc.constant('request' as const), piece }),
      fc.record({ kind: fc.constant('reject' as const), piece }),
      fc.record({
        kind: fc.constant('data' as const),
        piece,
        totalSize: fc.option(fc.nat(), { nil: undefined }),
        bytes: fc.uint8Array(),
      }),
    )
    fc.assert(
      fc.property(message, (original) => {
        const bytes = encodeMetadataMessage(original)
        assert.deepEqual(decodeMetadataMessage(bytes), { ...original })
      }),
    )
    fc.assert(
      fc.property(
        fc.oneof(tokenSoup, mutated(message.map(encodeMetadataMessage))),
        (bytes) => void decodeMetadataMessage(bytes),
      ),
      { numRuns: 2_000 },
    )
  })
})
