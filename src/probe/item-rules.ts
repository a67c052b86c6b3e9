import { fromHex, latin1, toLatin1 } from '../core/bytes.ts'
import { getPeers } from './announce-rules.ts'
import { once, query } from './cases.ts'
import { anything, error, lacks, nodes, response, token } from './expectations.ts'
import { flipped, getItem, type ItemSpec, item, putItem, type Spoil } from './item-steps.ts'
import { bencoded } from './notation.ts'
import type { Case, Expectation, Rule } from './rule.ts'

const hex = (text: string): string => toLatin1(fromHex(text)!)

const HELLO_WORLD = '12:Hello World!'
const HELLO: ItemSpec = { v: HELLO_WORLD }
const MUTABLE: ItemSpec = { v: '12:Hello World!', seq: 1 }
/** 1000 bytes with its length; one more. */
const LONGEST: ItemSpec = { v: `996:${'a'.repeat(996)}` }
const TOO_LONG: ItemSpec = { v: `997:${'a'.repeat(997)}` }

const put = (spec: ItemSpec, expect?: Expectation): Case => [getItem(spec), putItem(spec, expect)]
const kept = (spec: ItemSpec): Case => [...put(spec), getItem(spec, item(spec))]

/** A put that is spoilt after it was signed, at the place where it then belongs. */
function spoilt(spec: ItemSpec, expect: Expectation, spoil: Spoil): Case {
  return [getItem(spec, undefined, { spoil }), putItem(spec, expect, { spoil })]
}

/** Items of one address, more than it may have. */
const FLOOD = 21
/** No place, or no token that would be good for one. */
const refusal: Expectation = {
  outcome: 'error',
  text: 'error 202',
  complaint: ({ code, summary }) =>
    code === 202 || code === 203 ? undefined : `it answered with ${summary}`,
}

const noItem = response('no item', token, lacks('v'))

/** The vector of test 1 of BEP 44, its signature with the order of the curve added to S. */
const MALLEATED: Spoil = (fields) => ({
  ...fields,
  k: bencoded(hex('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548')),
  seq: 'i1e',
  sig: bencoded(
    hex(
      '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff' +
        'ff33c950b9acabc02046265a1ef7f2826f4f3ecbfda0ce53a1608ecd7ae21f11',
    ),
  ),
})

/** The identity point as a key: by the plain equation that signature fits whatever is signed. */
const SMALL_ORDER: Spoil = (fields) => ({
  ...fields,
  k: bencoded(`\x01${'\0'.repeat(31)}`),
  sig: bencoded(`\x01${'\0'.repeat(63)}`),
})

/** BEP 44: what is put, and got (section 7 of the list). */
export const ITEM_RULES: readonly Rule[] = [
  {
    id: '7.01',
    level: 'B',
    title: 'answers a get of nothing with a token and nodes',
    cases: [once(query('get', '<tg>'), response('no item', token, nodes, lacks('v')))],
  },
  {
    id: '7.02',
    level: 'B',
    needs: '7.01',
    title: 'gives an immutable item with its value alone',
    cases: [kept(HELLO)],
  },
  {
    id: '7.03',
    level: 'B',
    needs: '7.01',
    title: 'gives a mutable item with key, seq and signature, never the salt',
    cases: [kept(MUTABLE), kept({ ...MUTABLE, salt: 'foobar' })],
  },
  { id: '7.07', level: 'B', needs: '7.01', title: 'stores an immutable item', cases: [put(HELLO)] },
  {
    id: '7.08',
    level: 'B',
    needs: '7.01',
    title: 'refuses a put with a token that it never gave, or none',
    cases: ['8:aoeusnth', '0:', undefined, 'i5e'].map((value) =>
      // A fresh value, lest what is there be taken for this.
      [
        putItem({ v: '9:untouched' }, error(203), {
          spoil: ({ token: _, ...rest }) => (value === undefined ? rest : { ...rest, token: value }),
        }),
        getItem({ v: '9:untouched' }, noItem),
      ],
    ),
  },
  {
    id: '7.09',
    level: 'B',
    needs: '7.01',
    title: 'takes values of 1000 bytes and refuses longer ones with error 205',
    cases: [kept(LONGEST), put(TOO_LONG, error(205))],
  },
  {
    id: '7.10',
    level: 'B',
    needs: '7.01',
    title: 'refuses a put without a value',
    cases: [
      [getItem(HELLO), putItem(HELLO, error(203), { spoil: ({ v: _, ...rest }) => rest })],
      [getItem(MUTABLE), putItem(MUTABLE, error(203), { spoil: ({ v: _, ...rest }) => rest })],
    ],
    stage: 'hazard',
  },
  {
    id: '7.11',
    level: 'B',
    needs: '7.01',
    title: 'gives a value of any type back as the same bytes',
    cases: ['i42e', 'i-7e', '3:\0\xff\x80', 'li1e1:xe', 'd1:ai1e1:bd1:cleee', '0:', 'de'].map((v) =>
      kept({ v, seq: 1 }),
    ),
  },
  {
    id: '7.12',
    level: 'B',
    needs: '7.01',
    title: 'refuses a wrong signature with error 206, whatever was altered',
    cases: [
      ...(['sig', 'v', 'k'] as const).map((key) =>
        spoilt({ v: '3:new', seq: 50 }, error(206), (fields) => ({
          ...fields,
          [key]: flipped(fields[key]!),
        })),
      ),
      spoilt({ v: '3:new', seq: 50, salt: 'salty' }, error(206), (fields) => ({
        ...fields,
        salt: flipped(fields.salt!),
      })),
      spoilt({ v: '3:new', seq: 50 }, error(206), (fields) => ({
        ...fields,
        seq: fields.seq!.replace('e', '1e'),
      })),
    ],
  },
  {
    id: '7.13',
    level: 'C',
    needs: '7.01',
    title: 'refuses to put what is not in canonical order',
    cases: [put({ v: 'd1:b0:1:a0:e' }, error(203)), put({ v: 'd1:b0:1:a0:e', seq: 1 }, error(203))],
  },
  {
    id: '7.14',
    level: 'B',
    needs: '7.01',
    title: 'takes a salt of 64 bytes and refuses a longer one with error 207',
    cases: [
      kept({ ...MUTABLE, salt: 's'.repeat(64) }),
      put({ ...MUTABLE, salt: 's'.repeat(65) }, error(207)),
    ],
  },
  {
    id: '7.15',
    level: 'B',
    needs: '7.01',
    title: 'takes an empty salt for none',
    cases: [
      [
        getItem(MUTABLE),
        putItem(MUTABLE, undefined, { spoil: (fields) => ({ ...fields, salt: '0:' }) }),
        getItem(MUTABLE, item(MUTABLE)),
      ],
    ],
  },
  {
    id: '7.27',
    level: 'B',
    needs: '7.01',
    title: 'refuses keys, signatures and version numbers of the wrong length or type',
    cases: [
      ...(['31:{31*k}', '33:{33*k}', 'i5e', 'le'] as const).map((k) => wrong('k', k)),
      ...(['63:{63*s}', '65:{65*s}', 'i5e', 'le'] as const).map((sig) => wrong('sig', sig)),
      ...([undefined, '1:5', 'le'] as const).map((seq) => wrong('seq', seq)),
    ],
    stage: 'hazard',
  },
  {
    id: '7.28',
    level: 'C',
    needs: '7.01',
    title: 'refuses a signature whose S is beyond the order of the curve',
    cases: [spoilt(MUTABLE, error(206), MALLEATED)],
  },
  {
    id: '7.29',
    level: 'C',
    needs: '7.01',
    title: 'refuses keys of small order',
    cases: [spoilt(MUTABLE, error(206), SMALL_ORDER)],
  },
  {
    id: '7.37',
    level: 'C',
    needs: '7.01',
    title: 'gives the longest mutable item in one frame',
    cases: [
      [
        ...put({ ...LONGEST, seq: 1, salt: 'long' }),
        getItem(
          { ...LONGEST, seq: 1, salt: 'long' },
          response('the item in 1472 bytes (over IPv6 1232)', (fields, { family }, reply) => {
            if (!fields.has('v')) return 'it leaves the value out'
            const { length } = reply.bytes
            return length > (family === 4 ? 1472 : 1232) ? `it answered with ${length} bytes` : undefined
          }),
        ),
      ],
    ],
  },
  {
    id: '7.39',
    level: 'C',
    needs: '7.01',
    title: 'keeps items and peers apart',
    cases: [
      [
        ...put(HELLO),
        {
          send: (notebook) =>
            notebook.write('d1:ad<A>9:info_hash20:<b:target>e1:q9:get_peers<z>', 'main', {
              target: notebook.sha1(latin1(HELLO_WORLD)),
            }),
          expect: response('no peers', token, lacks('values', 'v')),
        },
        getPeers(response('no item', token, lacks('v'))),
      ],
    ],
  },
  {
    id: '7.40',
    level: 'C',
    needs: '7.01',
    title: 'keeps a bounded number of items of one address',
    cases: [
      Array.from(
        { length: FLOOD },
        (_, i): ItemSpec => ({
          v: ({ hash }) => bencoded(`${toLatin1(hash)}${i}`),
        }),
      ).flatMap((spec, i) => [
        getItem(spec, anything, { by: 'crowd' }),
        putItem(spec, i === FLOOD - 1 ? refusal : anything, { by: 'crowd' }),
      ]),
    ],
    stage: 'last',
  },
  {
    id: '7.41',
    level: 'B',
    needs: '7.01',
    title: 'refuses a token that was given for another target',
    cases: [[getItem(HELLO), putItem({ v: '5:other' }, error(203))]],
  },
]

function wrong(key: 'k' | 'sig' | 'seq', value: string | undefined): Case {
  const text = value?.replace(/\{(\d+)\*(.)\}/, (_, count: string, char: string) =>
    char.repeat(Number(count)),
  )
  const spoil: Spoil = ({ [key]: _, ...rest }) => (text === undefined ? rest : { ...rest, [key]: text })
  return [getItem(MUTABLE), putItem(MUTABLE, error(203), { spoil })]
}
