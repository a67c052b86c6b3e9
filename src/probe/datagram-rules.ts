import { EMPTY, toLatin1 } from '../core/bytes.ts'
import { each, FIND_NODE, once, PING } from './cases.ts'
import { anything, contactIds, drop, nodes, pong, response } from './expectations.ts'
import type { Rule, Step } from './rule.ts'

const INTEGERS = ['ie', 'i-e', 'i-0e', 'i03e', 'i1.5e', 'i+1e', 'i 1e', 'i1', 'i0x1e', 'i1e5e']
const KEYS = ['9:__proto__', '11:constructor', '14:hasOwnProperty', '8:toString', '6:length']
const VALUES = ['1:x', 'i1e', 'le', 'de']

/** What surrounds the padding of a long ping: 60 bytes and the digits of its length. */
const AROUND = 60

/** A ping of that many bytes; the padding stands under a key that nobody knows. */
function longPing(length: number): string {
  const roughly = length - AROUND - 4
  const padding = length - AROUND - String(roughly).length
  return `d1:ad<A>e1:q4:ping<t>1:y1:q1:z${padding}:{${padding}*z}e`
}

/** What just came back is sent back. */
const echo: Step = { send: ({ reply }) => reply?.bytes ?? EMPTY, expect: drop, text: 'an echo of its answer' }

/** Malformed datagrams and odd ones (section 2 of the list). */
export const DATAGRAM_RULES: readonly Rule[] = [
  {
    id: '2.01',
    level: 'C',
    title: 'drops fragments',
    cases: each(['', 'd', 'de', 'i0e', 'le', '0:', '4:ping'], drop),
  },
  { id: '2.02', level: 'C', title: 'drops a list', cases: [once('l1:ad<A>e1:q4:ping<z>', drop)] },
  {
    id: '2.03',
    level: 'C',
    title: 'drops a query with trailing bytes',
    cases: each([`${PING}\0`, `${PING}e`, `${PING}${PING}`], drop),
  },
  {
    id: '2.04',
    level: 'B',
    title: 'drops a ping that is cut anywhere',
    cases: ({ hasTime }) => cuts(hasTime ? 1 : 6),
  },
  {
    id: '2.05',
    level: 'B',
    title: 'drops a string that is longer than its datagram',
    cases: [once('d1:t999999999:aa1:y1:qe', drop)],
  },
  {
    id: '2.06',
    level: 'B',
    title: 'drops lengths that are negative or beyond 32 and 64 bits',
    // The decoder of the package bencode never returns from the last two.
    cases: each(
      ['d1:t18446744073709551616:aa1:y1:qe', 'd1:t-1:a1:y1:qe', 'd2147483648:', 'l-3:', 'd-3:i1e'],
      drop,
    ),
    stage: 'worst',
  },
  {
    id: '2.07',
    level: 'B',
    title: 'drops lengths with a leading zero',
    cases: each(
      ['d01:t2:aa1:y1:qe', 'd1:ad<A>e1:q4:ping1:t02:aa1:y1:qe', 'd1:ad2:id020:{20*x}e1:q4:ping<z>'],
      drop,
    ),
  },
  {
    id: '2.08',
    level: 'B',
    title: 'drops integers that are none',
    cases: each(
      INTEGERS.map((integer) => `d1:ad3:foo${integer}<A>e1:q4:ping<z>`),
      drop,
    ),
  },
  {
    id: '2.09',
    level: 'C',
    title: 'drops an integer of 3,000 digits',
    cases: [once('d1:ad3:fooi{3000*9}e<A>e1:q4:ping<z>', drop)],
  },
  {
    id: '2.10',
    level: 'C',
    title: 'drops what is nested too deep',
    cases: each(['d1:ad1:a{3900*l}', 'd1:ad1:a{1900*l}{1900*e}<A>e1:q4:ping<z>'], drop),
    stage: 'hazard',
  },
  {
    id: '2.11',
    level: 'C',
    title: 'drops what has too many parts',
    cases: [once('d1:ad<A>1:xl{1500*le}ee1:q4:ping<z>', drop)],
  },
  {
    id: '2.12',
    level: 'C',
    title: 'drops a dictionary that names a key twice',
    cases: each(['d1:ad<A><A>e1:q4:ping<z>', 'd1:ad<A>e1:q4:ping<t>1:y1:q1:y1:qe'], drop),
  },
  {
    id: '2.13',
    level: 'C',
    title: 'bears unsorted keys',
    cases: [once('d1:q4:ping1:ad<A>e<z>', pong)],
  },
  {
    id: '2.14',
    level: 'B',
    title: 'drops a dictionary whose key is no string',
    cases: [once('di1e1:a1:ad<A>e1:q4:ping<z>', drop)],
  },
  {
    id: '2.15',
    level: 'C',
    title: 'takes keys that mean something to a language like any unknown ones',
    cases: ({ hasTime }) =>
      KEYS.flatMap((key) =>
        (hasTime ? VALUES : VALUES.slice(1, 2)).flatMap((value) =>
          each([`d1:ad${key}${value}<A>e1:q4:ping<z>`, `d${key}${value}1:ad<A>e1:q4:ping<z>`], pong),
        ),
      ),
  },
  {
    id: '2.16',
    level: 'C',
    title: 'ignores keys that are no text',
    cases: each(['d1:ad<A>2:\xff\xfe1:xe1:q4:ping<z>', 'd1:ad<A>e1:q4:ping<t>1:y1:q2:\xff\xfe1:xe'], pong),
  },
  {
    id: '2.17',
    level: 'B',
    title: 'drops messages of no known kind',
    cases: each(
      ['', '1:yi1e', '1:yl1:qe', '1:y0:', '1:y2:qq', '1:y1:Q', '1:y1:x'].map(
        (kind) => `d1:ad<A>e1:q4:ping<t>${kind}e`,
      ),
      drop,
    ),
  },
  {
    id: '2.18',
    level: 'B',
    title: 'drops queries whose transaction id is no string',
    cases: each(
      ['', '1:ti5e', '1:tle', '1:tde'].map((transaction) => `d1:ad<A>e1:q4:ping${transaction}1:y1:qe`),
      drop,
    ),
  },
  {
    id: '2.19',
    level: 'C',
    title: 'answers a query with an empty transaction id',
    cases: [once('d1:ad<A>e1:q4:ping1:t0:1:y1:qe', pong)],
  },
  {
    id: '2.20',
    level: 'C',
    title: 'answers transaction ids of up to 64 bytes',
    cases: each(['1:x', '20:{20*x}', '32:{32*\x80}', '64:{64*9}'].map(pingUnder), pong),
  },
  {
    id: '2.21',
    level: 'C',
    title: 'drops transaction ids of more than 64 bytes',
    cases: ({ scope }) =>
      each(
        ['65:{65*x}', '1000:{1000*x}', ...(scope === 'global' ? [] : ['60000:{60000*x}'])].map(pingUnder),
        drop,
      ),
  },
  {
    id: '2.22',
    level: 'B',
    title: 'answers a query of 1024 bytes',
    cases: [once(longPing(1024), pong)],
  },
  {
    id: '2.23',
    level: 'C',
    title: 'answers queries of up to 4096 bytes',
    cases: ({ scope }) => each((scope === 'global' ? [1025, 1400] : [1025, 4096]).map(longPing), pong),
  },
  {
    id: '2.24',
    level: 'C',
    title: 'drops longer datagrams',
    cases: ({ scope }) => each((scope === 'global' ? [4097] : [4097, 65_000]).map(longPing), drop),
  },
  {
    id: '2.27',
    level: 'C',
    title: 'drops queries that claim its own id',
    cases: each(['d1:ad2:id20:<N>e1:q4:ping<z>', 'd1:ad2:id20:<N><tg>e1:q9:find_node<z>'], drop),
  },
  {
    id: '2.28',
    level: 'B',
    title: 'drops errors that nobody asked for',
    cases: each(
      ['eli201e1:xe', 'e1:x', 'ede', 'ele', 'el1:xi1ee'].map((e) => `d1:${e}1:t4:abcd1:y1:ee`),
      drop,
    ),
  },
  {
    id: '2.29',
    level: 'B',
    title: 'drops responses that nobody asked for, and does not name who sent them',
    cases: [
      once('d2:ip6:\x3c\x01\x01\x01\x1a\xe11:rd2:id20:{20*r}e1:t4:abcd1:y1:re', drop),
      [
        { send: 'd1:rd2:id20:<h>e1:t4:abcd1:y1:re', expect: drop, by: 'crowd' },
        {
          send: FIND_NODE,
          expect: response('a response without it', nodes, (fields, { hash }) => {
            return contactIds(fields).includes(toLatin1(hash)) ? 'it names who answered unasked' : undefined
          }),
        },
      ],
    ],
  },
  {
    id: '2.30',
    level: 'C',
    title: 'lets an echo of whatever it sends die',
    cases: [PING, FIND_NODE, 'd1:ad<A>e1:q3:foo<z>'].map((send) => [{ send, expect: anything }, echo]),
  },
  {
    id: '2.31',
    level: 'C',
    title: 'drops what would keep two nodes answering each other',
    cases: each(['d1:ele1:t2:aa1:y1:ee', 'd1:t2:aa1:y1:xe', 'd1:rde1:t2:aa1:y1:re', 'd1:t2:aa1:y1:re'], drop),
  },
  {
    id: '2.34',
    level: 'C',
    title: 'checks an address once, however many ids it claims',
    cases: ({ hasTime }) => [
      Array.from({ length: hasTime ? 100 : 10 }, () => {
        return { send: 'd1:ad<S>e1:q4:ping<z>', by: 'crowd', expect: pong } as const
      }),
    ],
    final: (notebook) => {
      const asked = notebook.asked('crowd')
      // One check may be made more than once when it is not answered.
      return asked > 4 ? `it asked that address ${asked} times` : undefined
    },
  },
]

function pingUnder(transaction: string): string {
  return `d1:ad<A>e1:q4:ping1:t${transaction}1:y1:qe`
}

function cuts(step: number): ReturnType<typeof each> {
  const lengths = Array.from({ length: Math.ceil(55 / step) }, (_, i) => 1 + i * step)
  return lengths.map((length) => once((notebook) => notebook.write(PING, 'main').subarray(0, length), drop))
}
