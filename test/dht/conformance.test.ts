/** The rows of the DHT conformance list that are one query and its answer, as raw bytes into a fresh node. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { ASKER, bytesAt, type Expectation, FIND_NODE, judge, PING } from '../support/answers.ts'
import { LoneNode, packet } from '../support/lone-node.ts'

interface Row {
  readonly id: string
  readonly what: string
  readonly send: readonly (string | Uint8Array)[]
  readonly expect: Expectation
}

function bytesOf(send: string | Uint8Array): Uint8Array {
  return typeof send === 'string' ? packet(send) : send
}

const announce = (rest: string): string => `d1:ad<A><ih>${rest}e1:q13:announce_peer<z>`

const ROWS: readonly Row[] = [
  { id: '1.01', what: 'a ping', send: [PING], expect: 'pong' },
  {
    id: '1.03',
    what: 'a version of any type',
    send: [
      'd1:ad<A>e1:q4:ping1:t2:aa1:v4:LT\x01\x021:y1:qe',
      'd1:ad<A>e1:q4:ping1:t2:aa1:vi7e1:y1:qe',
      'd1:ad<A>e1:q4:ping1:t2:aa1:vle1:y1:qe',
    ],
    expect: 'pong',
  },
  {
    id: '1.04',
    what: 'unknown keys',
    send: ['d1:ad3:fooi7e<A>e1:q4:ping<z>', 'd1:ad<A>e1:q4:ping1:t2:aa1:y1:q3:zzz3:abce'],
    expect: 'pong',
  },
  { id: '1.07', what: 'find_node to an empty table', send: [FIND_NODE], expect: 'nodes' },
  {
    id: '1.11',
    what: 'an info-hash of zeros',
    send: ['d1:ad<A>9:info_hash20:{20*\0}e1:q9:get_peers<z>'],
    expect: 'nodes',
  },
  {
    id: '1.22',
    what: 'a token that is an integer',
    send: [announce('4:porti6881e5:tokeni5e')],
    expect: 203,
  },
  { id: '1.23', what: 'an announce without a token', send: [announce('4:porti6881e')], expect: 203 },
  {
    id: '1.21',
    what: 'tokens that we never gave',
    send: ['0:', '1:x', '8:aoeusnth', `1000:${'x'.repeat(1000)}`].map((token) =>
      announce(`4:porti6881e5:token${token}`),
    ),
    expect: 203,
  },
  { id: '1.26', what: 'an announce without arguments', send: ['d1:q13:announce_peer<z>'], expect: 203 },
  {
    id: '1.32 1.34',
    what: 'unknown methods without a target',
    send: [
      '3:foo',
      '0:',
      `1000:${'m'.repeat(1000)}`,
      '1:\xff',
      '9:__proto__',
      '11:constructor',
      '8:toString',
    ].map((method) => `d1:ad<A>e1:q${method}<z>`),
    expect: 204,
  },
  {
    id: '1.33',
    what: 'unknown methods with a target',
    send: ['d1:ad<A><tg>e1:q3:foo<z>', 'd1:ad<A><ih>e1:q3:foo<z>'],
    expect: 'nodes',
  },
  { id: '1.35', what: 'no method', send: ['d1:ad<A>e1:qi1e<z>', 'd1:ad<A>e<z>'], expect: 203 },
  {
    id: '1.36',
    what: 'arguments of any other type',
    send: ['4:ping', '9:find_node', '9:get_peers', '13:announce_peer'].flatMap((method) =>
      ['', '1:ale', '1:a1:x', '1:ai1e', '1:ade'].map((argument) => `d${argument}1:q${method}<z>`),
    ),
    expect: 203,
  },
  {
    id: '1.37',
    what: 'ids that are none',
    send: ['0:', '19:{19*x}', '21:{21*x}', '1000:{1000*x}', 'i5e', 'le'].map(
      (id) => `d1:ad2:id${id}e1:q4:ping<z>`,
    ),
    expect: 203,
  },
  {
    id: '1.38',
    what: 'targets that are none',
    send: [
      '',
      '6:target0:',
      '6:target3:abc',
      '6:target19:{19*x}',
      '6:target21:{21*x}',
      '6:targeti5e',
      '6:targetle',
      '6:targetde',
    ].map((target) => `d1:ad<A>${target}e1:q9:find_node<z>`),
    expect: 203,
  },
  {
    id: '1.39',
    what: 'info-hashes that are none',
    send: ['', '9:info_hash19:{19*x}', '9:info_hash21:{21*x}', '9:info_hashi5e', '9:info_hashle'].map(
      (infoHash) => `d1:ad<A>${infoHash}e1:q9:get_peers<z>`,
    ),
    expect: 203,
  },
  { id: '2.01', what: 'fragments', send: ['', 'd', 'de', 'i0e', 'le', '0:', '4:ping'], expect: 'drop' },
  { id: '2.02', what: 'a list', send: ['l1:ad<A>e1:q4:ping<z>'], expect: 'drop' },
  { id: '2.03', what: 'trailing bytes', send: [`${PING}\0`, `${PING}e`, `${PING}${PING}`], expect: 'drop' },
  {
    id: '2.04',
    what: 'a ping cut anywhere',
    send: Array.from({ length: packet(PING).length - 1 }, (_, i) => packet(PING).subarray(0, i + 1)),
    expect: 'drop',
  },
  {
    id: '2.05 2.06 2.07',
    what: 'lengths that are none',
    send: [
      'd1:t999999999:aa1:y1:qe',
      'd1:t18446744073709551616:aa1:y1:qe',
      'd1:t-1:a1:y1:qe',
      'd2147483648:',
      'd01:t2:aa1:y1:qe',
      'd1:t02:aa1:y1:qe',
      'l-3:',
      'd-3:i1e',
    ],
    expect: 'drop',
  },
  {
    id: '2.08 2.09',
    what: 'integers that are none',
    send: [
      'ie',
      'i-e',
      'i-0e',
      'i03e',
      'i1.5e',
      'i+1e',
      'i 1e',
      'i1',
      'i0x1e',
      'i1e5e',
      `i${'9'.repeat(3000)}e`,
    ].map((integer) => `d1:ad3:foo${integer}<A>e1:q4:ping<z>`),
    expect: 'drop',
  },
  {
    id: '2.10 2.11',
    what: 'too deep, too many tokens',
    send: [
      'd1:ad1:a{3900*l}',
      'd1:ad1:a{1900*l}{1900*e}<A>e1:q4:ping<z>',
      'd1:ad<A>1:xl{1500*le}ee1:q4:ping<z>',
    ],
    expect: 'drop',
  },
  {
    id: '2.12 2.14',
    what: 'keys that come twice or are no strings',
    send: ['d1:ad<A><A>e1:q4:ping<z>', 'd1:ad<A>e1:q4:ping1:t2:aa1:y1:q1:y1:qe', 'di1e1:a1:t2:aa1:y1:qe'],
    expect: 'drop',
  },
  { id: '2.13', what: 'unsorted keys', send: ['d1:q4:ping1:ad<A>e1:t2:aa1:y1:qe'], expect: 'pong' },
  {
    id: '2.15 2.16',
    what: 'keys that mean something to the language, or are no text',
    send: [
      '9:__proto__',
      '11:constructor',
      '14:hasOwnProperty',
      '8:toString',
      '6:length',
      '2:\xff\xfe',
    ].flatMap((key) =>
      ['1:x', 'i1e', 'le', 'de'].flatMap((value) => [
        `d1:ad${key}${value}<A>e1:q4:ping<z>`,
        `d${key}${value}1:ad<A>e1:q4:ping<z>`,
      ]),
    ),
    expect: 'pong',
  },
  {
    id: '2.17',
    what: 'kinds that are none',
    send: ['', '1:yi1e', '1:yl1:qe', '1:y0:', '1:y2:qq', '1:y1:Q', '1:y1:x'].map(
      (kind) => `d1:ad<A>e1:q4:ping1:t2:aa${kind}e`,
    ),
    expect: 'drop',
  },
  {
    id: '2.18 2.21',
    what: 'transaction ids that are none, or too long',
    send: ['', '1:ti5e', '1:tle', '1:tde', '1:t65:{65*x}', '1:t1000:{1000*x}'].map(
      (transaction) => `d1:ad<A>e1:q4:ping${transaction}1:y1:qe`,
    ),
    expect: 'drop',
  },
  {
    id: '2.22 2.23',
    what: 'long queries',
    send: [950, 1024, 4000].map(
      (length) => `d1:ad<A>e1:q4:ping1:t2:aa1:y1:q1:z${length}:${'z'.repeat(length)}e`,
    ),
    expect: 'pong',
  },
  {
    id: '2.24',
    what: 'datagrams that are too long',
    send: [4097, 65_000].map(
      (length) => `d1:ad<A>e1:q4:ping1:t2:aa1:y1:q1:z${length}:${'z'.repeat(length)}e`,
    ),
    expect: 'drop',
  },
  {
    id: '2.27',
    what: 'queries under our own id',
    send: ['d1:ad2:id20:{20*N}e1:q4:ping<z>', 'd1:ad2:id20:{20*N}<tg>e1:q9:find_node<z>'],
    expect: 'drop',
  },
  {
    id: '2.28 2.29',
    what: 'errors and responses that nobody asked for',
    send: [
      'd1:eli201e1:ae1:t4:abcd1:y1:ee',
      'd1:e1:x1:t4:abcd1:y1:ee',
      'd1:ede1:t4:abcd1:y1:ee',
      'd1:ele1:t4:abcd1:y1:ee',
      'd1:el1:xi1ee1:t4:abcd1:y1:ee',
      'd1:rd2:id20:{20*r}e1:t4:abcd1:y1:re',
      'd2:ip6:\x3c\x01\x01\x01\x1a\xe11:rd2:id20:{20*r}e1:t4:abcd1:y1:re',
    ],
    expect: 'drop',
  },
  {
    id: '6.19 6.20 6.21',
    what: 'any kind of read-only mark',
    send: ['i1e', 'i0e', 'i-1e', 'i2e', '1:1', 'le'].map((ro) => `d1:ad<A>e1:q4:ping2:ro${ro}1:t2:aa1:y1:qe`),
    expect: 'pong',
  },
]

describe('conformance: what comes in', () => {
  for (const row of ROWS) {
    it(`${row.id} ${row.what}: ${row.expect}`, () => {
      for (const send of row.send) {
        const lone = new LoneNode()
        const bytes = bytesOf(send)
        const answer = lone.ask(ASKER, bytes)
        assert.equal(judge(answer, ASKER), row.expect, toLatin1(bytes.subarray(0, 120)))
        if (answer !== undefined && bytes.length >= 64 && row.expect !== 'nodes' && row.expect !== 'pong') {
          const { bytes: sent } = lone.sent.find(({ message }) => message.kind === 'error')!
          assert.ok(sent.length <= bytes.length, 'an error is no longer than its query')
        }
        if (row.expect === 'drop' || row.id === '1.37') {
          assert.equal(lone.queries().length, 0, 'and nobody is asked anything')
        }
        assert.equal(judge(lone.ask(ASKER, packet(PING)), ASKER), 'pong', 'it is alive')
        assert.deepEqual(Object.keys(Object.prototype), [])
      }
    })
  }

  it('1.02 2.19 2.20 echoes any transaction id of 0 to 64 bytes', () => {
    for (const transaction of [
      '',
      '\0',
      'e',
      '\xff\xfe',
      'abcd',
      '6:6:6:',
      '{{8}}..!',
      '\x80'.repeat(20),
      'x'.repeat(32),
      '9'.repeat(64),
    ]) {
      const lone = new LoneNode()
      const answer = lone.ask(
        ASKER,
        latin1(`d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t${transaction.length}:${transaction}1:y1:qe`),
      )
      assert.equal(toLatin1(bytesAt(answer!, 't')), transaction)
    }
  })
})
