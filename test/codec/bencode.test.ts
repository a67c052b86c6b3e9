import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type BencodeLimits,
  type BencodeValue,
  decode,
  decodePrefix,
  encode,
} from '../../src/codec/bencode.ts'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { LodestoneError } from '../../src/core/errors.ts'
import { mutated, packet, scanValue, text, tokenSoup } from './vectors.ts'

const LIMITS: BencodeLimits = { depth: 16, tokens: 1_000, length: 100_000 }
const LENIENT: BencodeLimits = { ...LIMITS, lenient: true }

const key: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '', 'ff', '\xff', 'ÿþ', '1', '10', '2'),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => toLatin1(bytes)),
)
const { value } = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.uint8Array({ maxLength: 20 }),
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => new Map(entries)),
  ),
}))

describe('the strict walk', () => {
  const refused = [
    ['', 'nothing'],
    ['l-3:', 'a negative length, which exhausts the heap of the package'],
    ['d-3:i1e', 'a negative length, which hangs the package'],
    ['999999999:a', 'a length beyond the input (2.05)'],
    ['18446744073709551616:a', 'a length of twenty digits (2.06)'],
    ['d2147483648:', 'a key beyond the input'],
    ['01:a', 'a leading zero in a length (2.07)'],
    ['00:', 'a doubled zero as length'],
    ['+1:a', 'a signed length'],
    [':a', 'no length at all'],
    ['ie', 'no digits (2.08)'],
    ['i-e', 'a sign alone'],
    ['i-0e', 'negative zero'],
    ['i03e', 'a leading zero'],
    ['i-03e', 'a leading zero behind a sign'],
    ['i1.5e', 'a fraction'],
    ['i+1e', 'a plus sign'],
    ['i 1e', 'a space'],
    ['i1', 'no end'],
    ['i0x1e', 'hexadecimal'],
    ['i1e5e', 'an exponent, which ends the integer and leaves bytes'],
    [`i${'1'.repeat(3_000)}e`, '3,000 digits (2.09)'],
    [`i${'1'.repeat(21)}e`, '21 digits'],
    ['di1e1:ae', 'an integer as key (2.14)'],
    ['dle1:ae', 'a list as key'],
    ['d1:ae', 'a key without value'],
    ['d1:a', 'an open dictionary'],
    ['d1:ai1e1:ai2ee', 'a duplicate key (2.12)'],
    ['d1:bi1e1:ai2e1:bi3ee', 'a duplicate among unsorted keys'],
    ['l', 'an open list'],
    ['e', 'an end of nothing'],
    ['x', 'an unknown type'],
    ['i1ei2e', 'trailing bytes (2.03)'],
    [`${'l'.repeat(17)}${'e'.repeat(17)}`, 'lists deeper than the cap (2.10)'],
    [`l${'le'.repeat(1_000)}e`, 'more tokens than the cap (2.11)'],
  ] as const
  for (const [input, why] of refused) {
    it(`refuses ${why}`, () => assert.equal(decode(latin1(input), LIMITS), undefined))
  }

  it('accepts what stays just within the caps', () => {
    assert.notEqual(decode(packet('{16*l}{16*e}'), LIMITS), undefined)
    assert.notEqual(decode(latin1(`l${'le'.repeat(999)}e`), LIMITS), undefined)
    assert.equal(decode(latin1('10:0123456789'), { ...LIMITS, length: 12 }), undefined)
    assert.notEqual(decode(latin1('10:0123456789'), { ...LIMITS, length: 13 }), undefined)
  })

  it('is iterative: a million open lists end at the cap and leave the stack alone', () => {
    const deep = new Uint8Array(2_000_000).fill(0x6c, 0, 1_000_000).fill(0x65, 1_000_000)
    assert.equal(scanValue(deep, 0, LIMITS), -1)
    assert.equal(scanValue(deep, 0, { depth: 1_000_000, tokens: 1_000_000, length: 2_000_000 }), 2_000_000)
  })

  it('bears unsorted keys, as many programs send them (2.13)', () => {
    assert.deepEqual(
      decode(latin1('d1:bi1e1:ai2ee'), LIMITS),
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
    )
  })

  it('finds a duplicate among many unsorted keys without comparing each with each', () => {
    const entries = Array.from({ length: 400 }, (_, i) => `4:${String(9_999 - i)}i1e`)
    assert.notEqual(decode(latin1(`d${entries.join('')}e`), LIMITS), undefined)
    assert.equal(decode(latin1(`d${entries.join('')}4:9900i1ee`), LIMITS), undefined)
  })

  it('tells keys apart by dictionary, not by name alone', () => {
    assert.notEqual(decode(latin1('d1:ad1:ai1ee1:bld1:ai1eed1:ai1eeee'), LIMITS), undefined)
  })
})

describe('the bencode door', () => {
  it('refuses integers beyond 2^53 instead of rounding them, and holds those below exactly', () => {
    assert.equal(decode(latin1('i9007199254740991e'), LIMITS), 9_007_199_254_740_991)
    assert.equal(decode(latin1('i-9007199254740991e'), LIMITS), -9_007_199_254_740_991)
    for (const digits of ['9007199254740992', '-9007199254740993', '9223372036854775808']) {
      assert.equal(decode(latin1(`li${digits}ee`), LIMITS), undefined)
      assert.equal(scanValue(latin1(`i${digits}e`), 0, LIMITS), digits.length + 2)
    }
  })

  it('keeps keys that the package loses or merges, and touches no prototype (2.15, 2.16)', () => {
    const bytes = latin1('d2:ff1:x2:\xff\xfe1:y4:fffe1:z9:__proto__d1:q4:pinge11:constructori1ee')
    const dict = decode(bytes, LIMITS) as Map<string, BencodeValue>
    assert.deepEqual([...dict.keys()].sort(), ['__proto__', 'constructor', 'ff', 'fffe', '\xff\xfe'].sort())
    assert.deepEqual(dict.get('__proto__'), new Map([['q', latin1('ping')]]))
    assert.equal(({} as Record<string, unknown>)['q'], undefined)
    assert.equal(dict.get('toString'), undefined)
  })

  it('gives copies: what was decoded outlives the input', () => {
    const bytes = latin1('3:abc')
    const found = decode(bytes, LIMITS) as Uint8Array
    bytes.fill(0)
    assert.equal(text(found), 'abc')
  })

  it('decodes a prefix and says where it ends, whatever follows (MD11)', () => {
    const found = decodePrefix(latin1('xxd1:ai1eeee1:b'), 2, LIMITS)
    assert.deepEqual(found, { value: new Map([['a', 1]]), end: 10 })
    assert.equal(decodePrefix(latin1('d1:a'), 0, LIMITS), undefined)
  })

  it('in a lenient walk bears what is not canonical, the last of two equal keys counting (TI1)', () => {
    assert.deepEqual(
      decode(latin1('d1:ai05e1:bi-0e1:c03:abce'), LENIENT),
      new Map<string, unknown>([
        ['a', 5],
        ['b', 0],
        ['c', latin1('abc')],
      ]),
    )
    assert.deepEqual(decode(latin1('d1:ai1e1:ai2ee'), LENIENT), new Map([['a', 2]]))
    for (const input of ['ie', 'i+1e', 'i1.5e', 'l-3:', '99:a', 'di1ei1ee']) {
      assert.equal(decode(latin1(input), LENIENT), undefined, input)
    }
  })

  it('writes keys in raw byte order, whatever they are', () => {
    const dict = new Map([
      ['\xff', 1],
      ['b', 2],
      ['B', 3],
      ['\x80a', 4],
      ['', 5],
      ['ba', 6],
    ])
    assert.equal(text(encode(dict)), 'd0:i5e1:Bi3e1:bi2e2:bai6e2:\x80ai4e1:\xffi1ee')
  })

  it('writes text as UTF-8 and leaves undefined fields out', () => {
    assert.deepEqual(
      encode({ b: 'é', a: undefined, c: [1, 'x', Uint8Array.of(0)] }),
      latin1('d1:b2:\xc3\xa91:cli1e1:x1:\0ee'),
    )
  })

  it('writes a view into a larger buffer as the view alone', () => {
    assert.equal(text(encode(latin1('abcdef').subarray(2, 4))), '2:cd')
  })

  for (const number of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    it(`refuses to encode ${number}`, () => {
      assert.throws(
        () => encode([number]),
        (error) => error instanceof LodestoneError && error.kind === 'usage',
      )
    })
  }

  it('gives back what it encoded', () => {
    fc.assert(
      fc.property(value, (original) => {
        const bytes = encode(original)
        assert.deepEqual(decode(bytes, LIMITS), original)
        assert.deepEqual(encode(decode(bytes, LIMITS)!), bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses every truncation of what it encoded', () => {
    fc.assert(
      fc.property(value, (original) => {
        const bytes = encode(original)
        for (let end = 0; end < bytes.length; end++) {
          assert.equal(decode(bytes.subarray(0, end), LIMITS), undefined)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('never throws, and re-encodes canonical input to the same bytes, whatever the input', () => {
    const input = fc.oneof(
      tokenSoup,
      fc.uint8Array({ maxLength: 40 }),
      mutated(value.map((item) => encode(item))),
    )
    fc.assert(
      fc.property(input, (bytes) => {
        const end = scanValue(bytes, 0, LIMITS)
        const lenientEnd = scanValue(bytes, 0, LENIENT)
        assert.ok(end >= -1 && end <= bytes.length)
        if (end >= 0) assert.equal(lenientEnd, end)
        decode(bytes, LENIENT)
        const found = decode(bytes, LIMITS)
        if (found === undefined) return
        assert.equal(end, bytes.length)
        assert.equal(encode(found).length, bytes.length)
        assert.deepEqual(decode(encode(found), LIMITS), found)
      }),
      { numRuns: 5_000 },
    )
  })
})
