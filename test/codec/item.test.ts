/** BEP 44: official vectors, and ours for the borders of its numbers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { signedBytes, targetOf } from '../../src/codec/item.ts'
import { EMPTY, fromHex, latin1, toHex, toLatin1 } from '../../src/core/bytes.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { HELLO, itemTarget, letters, SEED, signedItem } from '../support/items.ts'

const OFFICIAL_KEY = fromHex('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548')!
const OFFICIAL = [
  {
    salt: '',
    buffer: '3:seqi1e1:v12:Hello World!',
    target: '4a533d47ec9c7d95b1ad75f576cffc641853b750',
    signature:
      '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01',
  },
  {
    salt: 'foobar',
    buffer: '4:salt6:foobar3:seqi1e1:v12:Hello World!',
    target: '411eba73b6f087ca51a3795d9c8c938d365e32c1',
    signature:
      '6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08',
  },
] as const

const OURS: readonly (readonly [string, bigint, Uint8Array, Uint8Array, string])[] = [
  [
    'above 2^53',
    9007199254740993n,
    HELLO,
    EMPTY,
    'bfb2c52c351f444bdc62184527d88e45797d9358f978fb9ad58b27be11cafdb81873cc56abc573d1d7f2ed41e18464d6abd2267762d63da7313bd29ada768406',
  ],
  [
    'the highest',
    2n ** 63n - 1n,
    HELLO,
    EMPTY,
    '3668fcfc5947a78532d2ef0377e37a5b396a465fb55aa43d28076a97a912d4cdefbd4262d885b8edff14681c41a68218e315006f1d9b5013d4e0b35a3e57680b',
  ],
  [
    'zero',
    0n,
    HELLO,
    EMPTY,
    '04e978c5351e6206073673f909fb5de7739adda7ea37b5d59fc4e92d64590597f2af70f6effced162ab3453ab79b7c3ffc754fc322bb37d6c19064d76d08170e',
  ],
  [
    'a salt of 64 bytes',
    1n,
    HELLO,
    latin1('s'.repeat(64)),
    '440953c86495ec5a1a9b158cf6a2e9c7b3856787bee798a4a2c23ae693f76dea52cf381e44c084af6b68d33f12e6f68b5f878544b3e099f13c3f5ea787c96906',
  ],
  [
    'a value of 1000 bytes',
    1n,
    letters(996),
    EMPTY,
    '9a59028dedd3718b48f88e07f8826d5cffc24da7b73783dcf90196cf6bc8c4ecb9193da1a793e6721560c3152c2666ad30fccb7f0a6e499a049a56bc1ec00a0a',
  ],
  [
    'a dictionary',
    2n,
    latin1('d2:ih20:mnopqrstuvwxyz123456e'),
    EMPTY,
    '32747f914d728ee2549563a2ceff6ddb48ea3456931190e56df8743577c412b0cf9422f9c0fed264fc0dd9f6c3ae4198467cb821bbef99aa83fd1103c651ec08',
  ],
]

/** Those whose sign bit is clear, and two whose is set. */
const SMALL_ORDER = [
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]

describe('an item', () => {
  for (const { salt, buffer, target, signature } of OFFICIAL) {
    it(`has the official target and signature, ${salt === '' ? 'without salt' : `with salt ${salt}`}`, () => {
      const bytes = signedBytes(latin1(salt), 1n, HELLO)
      assert.equal(toLatin1(bytes), buffer)
      assert.ok(nodeCrypto.verify(OFFICIAL_KEY, bytes, fromHex(signature)!))
      const signed = { publicKey: OFFICIAL_KEY, salt: latin1(salt), seq: 1n, signature: fromHex(signature)! }
      assert.equal(toHex(targetOf(nodeCrypto.sha1, { value: HELLO, signed })), target)
    })
  }

  it('that is immutable has the official target', () => {
    assert.equal(toHex(itemTarget({ value: HELLO })), 'e5f96f6f38320f0f33959cb4d3d656452117aadb')
    assert.equal(toHex(itemTarget({ value: letters(996) })), '74129c841cbde832da1d056257342b9700d09dfe')
  })

  for (const [what, seq, value, salt, signature] of OURS) {
    it(`is signed as expected: ${what}`, () => {
      const { signed } = signedItem(seq, value, salt)
      assert.equal(toHex(signed!.signature), signature)
      assert.ok(nodeCrypto.verify(signed!.publicKey, signedBytes(salt, seq, value), signed!.signature))
    })
  }

  it('has the key and targets of our seed', () => {
    const key = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'
    assert.equal(toHex(nodeCrypto.publicKey(SEED)), key)
    assert.equal(toHex(itemTarget(signedItem(1n))), 'fd81a6db64d6faf7f702c07971a82c25c1dc3c90')
    const salted = signedItem(1n, HELLO, latin1('s'.repeat(64)))
    assert.equal(toHex(itemTarget(salted)), '674b3ad3a206ca9f67f39fc5448602b2907d1e53')
  })
})

describe('a signature', () => {
  it('7.28 of another form than its own is none', () => {
    const malleated = fromHex(
      '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cffff33c950b9acabc02046265a1ef7f2826f4f3ecbfda0ce53a1608ecd7ae21f11',
    )!
    assert.ok(!nodeCrypto.verify(OFFICIAL_KEY, signedBytes(EMPTY, 1n, HELLO), malleated))
  })

  it('7.29 by a key of small order is none, though it fits every message', () => {
    const signature = new Uint8Array(64)
    signature[0] = 1
    for (const key of SMALL_ORDER) assert.ok(!nodeCrypto.verify(fromHex(key)!, HELLO, signature), key)
  })

  it('by no key or of no length is none, and nothing is thrown', () => {
    const anything = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(anything, fc.uint8Array({ maxLength: 65 }), (key, signature) => {
        assert.equal(nodeCrypto.verify(key, HELLO, signature), false)
      }),
    )
    assert.equal(nodeCrypto.verify(new Uint8Array(31), HELLO, new Uint8Array(64)), false)
  })
})
