/** The rows of the DHT conformance list that concern queries to us, as raw bytes into a node with 64 good contacts or none. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BencodeDict, BencodeValue } from '../../src/codec/bencode.ts'
import { readNodes, readPeers } from '../../src/codec/compact.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, equalBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { dice } from '../support/dice.ts'
import { ASKER_ID, INFO_HASH, LoneNode, OWN_ID, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const ASKER = address('60.200.7.7', 4000)
const PING = 'd1:ad<A>e1:q4:ping<z>'
const FIND_NODE = 'd1:ad<A><tg>e1:q9:find_node<z>'
const GET_PEERS = 'd1:ad<A><ih>e1:q9:get_peers<z>'

type Expectation = 'drop' | 'pong' | 'nodes' | number

interface Row {
  readonly id: string
  readonly what: string
  readonly send: readonly (string | Uint8Array)[]
  readonly expect: Expectation
}

function bytesOf(send: string | Uint8Array): Uint8Array {
  return typeof send === 'string' ? packet(send) : send
}

function dictOf(value: BencodeValue | undefined): BencodeDict {
  assert.ok(value instanceof Map)
  return value
}

function bytesAt(dict: BencodeDict, key: string): Uint8Array {
  const value = dict.get(key)
  assert.ok(value instanceof Uint8Array, `${key} is a string`)
  return value
}

/** What is true of every answer (1.40, 1.41, 6.09), and what kind of answer it is. */
function judge(answer: BencodeDict | undefined, from: Address): Expectation {
  if (answer === undefined) return 'drop'
  assert.equal(bytesAt(answer, 'v').length, 4)
  const [ip] = readPeers(bytesAt(answer, 'ip'), from.family)
  assert.equal(ip, from)
  if (toLatin1(bytesAt(answer, 'y')) === 'e') {
    const error = answer.get('e')
    assert.ok(Array.isArray(error) && error.length === 2)
    assert.ok(typeof error[0] === 'number' && error[1] instanceof Uint8Array)
    return error[0]
  }
  const fields = dictOf(answer.get('r'))
  assert.deepEqual(bytesAt(fields, 'id'), OWN_ID)
  if (fields.has('nodes') || fields.has('nodes6')) return 'nodes'
  assert.deepEqual([...fields.keys()], ['id'])
  return 'pong'
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

  it('1.05 1.06 1.08 names the eight nearest good contacts, the target itself if it is one, never ourselves', () => {
    const { lone, ids } = neighbourly()
    for (const target of [INFO_HASH, ids[11]!, OWN_ID]) {
      const query = concatBytes([packet('d1:ad<A>6:target20:'), target, packet('e1:q9:find_node<z>')])
      const fields = dictOf(lone.ask(address('60.201.1.1'), query)!.get('r'))
      const named = readNodes(bytesAt(fields, 'nodes'), 4).map(({ id }) => id)
      const nearest = [...ids].sort((x, y) => compareDistance(target, x, y)).slice(0, 8)
      assert.deepEqual(named, nearest)
    }
  })

  it('1.09 1.10 1.12 gives a token and nodes, and after an announce the announced port of that IP', () => {
    const lone = new LoneNode()
    const before = dictOf(lone.ask(ASKER, packet(GET_PEERS))!.get('r'))
    assert.equal(bytesAt(before, 'token').length, 8)
    assert.equal(before.has('values'), false)
    assert.ok(before.has('nodes'))
    const token = bytesAt(before, 'token')
    const said = lone.ask(ASKER, announced(token, '12:implied_porti0e', '4:porti6881e'))
    assert.equal(judge(said, ASKER), 'pong')
    const after = dictOf(lone.ask(address('60.3.3.3'), packet(GET_PEERS))!.get('r'))
    assert.deepEqual(peersOf(after), ['60.200.7.7:6881'])
    assert.ok(after.has('nodes'))
  })

  const PORTS: readonly [id: string, before: string, after: string, expected: string | number][] = [
    ['1.13', '12:implied_porti1e', '4:porti1e', '60.200.7.7:4000'],
    ['1.13', '12:implied_porti1e', '4:porti0e', '60.200.7.7:4000'],
    ['1.13', '12:implied_porti1e', '4:porti70000e', '60.200.7.7:4000'],
    ['1.13', '12:implied_porti1e', '', '60.200.7.7:4000'],
    ['1.14', '12:implied_porti2e', '4:porti1e', '60.200.7.7:4000'],
    ['1.15', '12:implied_port1:1', '4:porti77e', '60.200.7.7:77'],
    ['1.24', '', '4:porti0e', 203],
    ['1.24', '', '4:porti65536e', 203],
    ['1.24', '', '4:porti-1e', 203],
    ['1.25', '', '4:port4:6881', 203],
    ['1.25', '', '', 203],
  ]
  for (const [id, before, after, expected] of PORTS) {
    it(`${id} an announce with '${before}' and '${after}': ${expected}`, () => {
      const lone = new LoneNode()
      const token = tokenFor(lone, ASKER)
      const outcome = judge(lone.ask(ASKER, announced(token, before, after)), ASKER)
      const stored = peersOf(dictOf(lone.ask(address('60.3.3.3'), packet(GET_PEERS))!.get('r')))
      if (typeof expected === 'number') assert.deepEqual([outcome, stored], [expected, []])
      else assert.deepEqual([outcome, stored], ['pong', [expected]])
    })
  }

  it('1.24 an announce at a port beyond 64 bits stores nothing', () => {
    const lone = new LoneNode()
    const token = tokenFor(lone, ASKER)
    const outcome = judge(lone.ask(ASKER, announced(token, '', '4:porti9223372036854775808e')), ASKER)
    assert.ok(outcome === 203 || outcome === 'drop')
    assert.equal(lone.node.stats(0).peers, 0)
  })

  it('1.16 1.17 1.20 takes a token from the IP it went to, for its hash, and from nobody else', () => {
    const lone = new LoneNode()
    const token = tokenFor(lone, ASKER)
    const query = announced(token, '', '4:porti6881e')
    const thief = address('60.200.7.8', 4000)
    assert.equal(judge(lone.ask(thief, query), thief), 203)
    const other = query.slice()
    other.fill(0x21, toLatin1(query).indexOf('mnop'), toLatin1(query).indexOf('mnop') + 20)
    assert.equal(judge(lone.ask(ASKER, other), ASKER), 203)
    assert.equal(lone.node.stats(0).peers, 0)
    const moved = address('60.200.7.7', 4001)
    assert.equal(judge(lone.ask(moved, query), moved), 'pong')
  })

  it('1.19 refuses a token of 15 minutes', () => {
    const lone = new LoneNode()
    const query = announced(tokenFor(lone, ASKER), '', '4:porti6881e')
    lone.now = 15 * MINUTE + SECOND
    assert.equal(judge(lone.ask(ASKER, query), ASKER), 203)
  })

  it('1.30 4.10 fills 1024 bytes with values beside eight nodes, and no more', () => {
    const { lone } = neighbourly()
    for (let i = 0; i < 2000; i++) {
      const from = globalAddress(1000 + i)
      lone.now += SECOND / 100
      lone.receive(from, announced(tokenFor(lone, from), '', '4:porti6881e'))
    }
    const fields = dictOf(lone.ask(address('60.3.3.3'), packet(GET_PEERS))!.get('r'))
    assert.equal(bytesAt(fields, 'nodes').length, 8 * 26)
    assert.equal(peersOf(fields).length, 88)
    assert.equal(lone.sent.at(-1)!.bytes.length <= 1024, true)
    assert.equal(lone.sent.findLast(({ message }) => message.kind === 'response')!.bytes.length, 1018)
  })

  it('1.42 answers each of many queries of one transaction id', () => {
    const lone = new LoneNode()
    for (let i = 0; i < 8; i++)
      assert.equal(judge(lone.ask(globalAddress(i), packet(PING)), globalAddress(i)), 'pong')
    for (let i = 0; i < 2; i++) assert.equal(judge(lone.ask(ASKER, packet(PING)), ASKER), 'pong')
  })

  it('1.43 answers 202 when a responder fails, and goes on', () => {
    const lone = new LoneNode({
      policies: {
        responder: () => ({
          answer: () => {
            throw new Error('a secret')
          },
        }),
      },
    })
    const answer = lone.ask(ASKER, packet(PING))!
    assert.equal(judge(answer, ASKER), 202)
    assert.doesNotMatch(toLatin1(lone.sent[0]!.bytes), /secret/)
  })

  it('2.25 drops what comes from addresses that nobody has', () => {
    for (const [host, port] of [
      ['60.1.1.1', 0],
      ['0.0.0.0', 80],
      ['0.1.2.3', 80],
      ['255.255.255.255', 80],
      ['224.0.0.1', 80],
      ['ff02::1', 80],
      ['::', 80],
    ] as const) {
      const from = address(host, port)
      assert.equal(new LoneNode({ family: from.family }).receive(from, packet(PING)).length, 0)
    }
  })

  it('4.16 drops what comes from the other family: there is a socket for that', () => {
    assert.equal(new LoneNode().receive(address('2001:db8::1'), packet(PING)).length, 0)
    assert.equal(new LoneNode({ family: 6 }).receive(address('::ffff:60.1.1.1'), packet(PING)).length, 0)
  })

  it('2.26 drops what comes from our own external address', () => {
    const { lone } = neighbourly(['2:ip6:\x3c\x63\x01\x01\x1a\xe1'])
    assert.deepEqual(lone.events.at(-1), { kind: 'external-address', address: address('60.99.1.1', 6881) })
    assert.equal(lone.ask(address('60.99.1.1', 6881), packet(PING)), undefined)
    assert.notEqual(lone.ask(address('60.99.1.1', 6882), packet(PING)), undefined)
  })

  it('2.30 2.31 an echo of whatever we send dies at once', () => {
    const lone = new LoneNode()
    lone.receive(ASKER, packet(PING))
    lone.receive(ASKER, packet(FIND_NODE))
    lone.receive(ASKER, packet('d1:ad<A>e1:q3:foo<z>'))
    for (const { to, bytes } of [...lone.sent]) assert.equal(lone.receive(to, bytes).length, 0)
    assert.equal(lone.node.stats(0).nodes, 0)
  })

  it('2.32 answers at most a burst of ten and two a second to one source', () => {
    const lone = new LoneNode()
    let answered = 0
    for (let i = 0; i < 1000; i++) {
      lone.now = i * (SECOND / 100)
      if (lone.ask(ASKER, packet(PING)) !== undefined) answered += 1
    }
    assert.ok(answered >= 28 && answered <= 30, String(answered))
    assert.equal(judge(lone.ask(address('60.3.3.3'), packet(PING)), address('60.3.3.3')), 'pong')
  })

  it('2.33 stays small under queries from tens of thousands of forged sources', () => {
    const lone = new LoneNode({ options: { maxSources: 1000 } })
    const rng = dice(9)
    for (let i = 0; i < 40_000; i++) {
      lone.now = i * 50
      const from = address(`${60 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`)
      lone.node.receive(
        lone.now,
        from,
        concatBytes([latin1('d1:ad2:id20:'), randomId(rng), packet('e1:q4:ping<z>')]),
      )
      if (i % 1000 === 0) lone.run(lone.now)
    }
    const { dropped, queriesIn, queriesOut } = lone.node.stats(lone.now)
    assert.ok(queriesIn <= 4000 + 2 * 2000 + 1, 'the budget of replies holds')
    assert.ok(queriesOut <= 21, 'ten checks a second')
    assert.ok(dropped.get('query-limit')! > 30_000)
  })

  it('2.34 sends one check to an IP that claims thousands of ids', () => {
    const lone = new LoneNode()
    const rng = dice(8)
    for (let i = 0; i < 100; i++) {
      lone.run(lone.now + SECOND / 2)
      lone.receive(ASKER, concatBytes([latin1('d1:ad2:id20:'), randomId(rng), packet('e1:q4:ping<z>')]))
    }
    assert.equal(lone.queries().length, 1)
  })

  it('2.35 with 64 good contacts checks a stranger only after 90 seconds of silence', () => {
    const { lone } = neighbourly(undefined, 70)
    const before = lone.sent.length
    lone.receive(ASKER, packet(PING))
    lone.run(lone.now + 60 * SECOND)
    lone.receive(ASKER, packet(PING))
    lone.run(lone.now + 89 * SECOND)
    const asked = (): number => lone.queries(before).filter(({ to }) => to === ASKER).length
    assert.equal(asked(), 0)
    lone.run(lone.now + 2 * SECOND)
    assert.equal(asked(), 1)
  })

  it('4.02 4.08 4.09 speaks of nodes6 and of 18-byte peers alone over IPv6', () => {
    const lone = new LoneNode({ family: 6 })
    const from = address('2001:db8::7', 4000)
    lone.befriend(ASKER_ID, address('2001:db8:5::7'))
    const found = dictOf(lone.ask(from, packet(FIND_NODE))!.get('r'))
    assert.deepEqual([...found.keys()], ['id', 'nodes6'])
    assert.equal(bytesAt(found, 'nodes6').length, 38)
    lone.receive(from, announced(tokenFor(lone, from), '', '4:porti6881e'))
    const fields = dictOf(lone.ask(address('2001:db8::8'), packet(GET_PEERS))!.get('r'))
    assert.deepEqual(peersOf(fields), ['[2001:db8::7]:6881'])
  })

  it('4.10 fills 1024 bytes over IPv6 too', () => {
    const lone = new LoneNode({ family: 6 })
    const rng = dice(77)
    for (let i = 0; i < 9; i++) lone.befriend(randomId(rng), address(`2001:db8:${i + 100}::7`))
    for (let i = 0; i < 60; i++) {
      const from = address(`2001:db8:${i + 1000}::7`)
      lone.receive(from, announced(tokenFor(lone, from), '', '4:porti6881e'))
    }
    const fields = dictOf(lone.ask(address('2001:db8::8'), packet(GET_PEERS))!.get('r'))
    assert.equal(peersOf(fields).length, 28)
    assert.equal(lone.sent.findLast(({ message }) => message.kind === 'response')!.bytes.length, 1012)
  })

  it('4.01 4.11 over IPv4 names nodes, and leaves them out when only the other family is wanted', () => {
    const { lone } = neighbourly()
    const wants: readonly [want: string, keys: readonly string[]][] = [
      ['', ['id', 'nodes']],
      ['4:wantl2:n4e', ['id', 'nodes']],
      ['4:wantl2:n42:n6e', ['id', 'nodes']],
      ['4:wantl2:n6e', ['id']],
      ['4:want2:n6', ['id', 'nodes']],
      ['4:wantli6ee', ['id', 'nodes']],
    ]
    for (const [want, keys] of wants) {
      const answer = lone.ask(ASKER, packet(`d1:ad<A><tg>${want}e1:q9:find_node<z>`))
      assert.deepEqual([...dictOf(answer!.get('r')).keys()], keys)
    }
  })

  it('6.19 never checks a read-only sender, and 6.20 does check one whose mark is 0', () => {
    const lone = new LoneNode()
    lone.receive(ASKER, packet('d1:ad<A>e1:q4:ping2:roi1e1:t2:aa1:y1:qe'))
    lone.run(200 * SECOND)
    assert.equal(lone.queries().length, 0)
    lone.receive(ASKER, packet('d1:ad<A>e1:q4:ping2:roi0e1:t2:aa1:y1:qe'))
    assert.equal(lone.queries().length, 1)
  })

  it('names addresses only to askers whose scope is no wider', () => {
    const lone = new LoneNode()
    const rng = dice(12)
    for (const host of ['60.1.1.1', '192.168.1.1', '127.0.0.1']) lone.befriend(randomId(rng), address(host))
    const seenFrom = (host: string): number => {
      const fields = dictOf(lone.ask(address(host, 9), packet(FIND_NODE))!.get('r'))
      return bytesAt(fields, 'nodes').length / 26
    }
    assert.deepEqual([seenFrom('60.9.9.9'), seenFrom('10.0.0.1'), seenFrom('127.0.0.9')], [1, 2, 3])
  })

  it('2.37 survives whatever mutation of a query, and never sends more than 1024 bytes for it', () => {
    const rng = dice(31)
    const seeds = [
      PING,
      FIND_NODE,
      GET_PEERS,
      announce('4:porti6881e5:token8:aoeusnth'),
      'd1:rd2:id20:{20*r}e1:t4:abcd1:y1:re',
    ]
    const { lone } = neighbourly()
    for (let i = 0; i < 20_000; i++) {
      const bytes = packet(seeds[rng.u32() % seeds.length]!)
      for (let n = rng.u32() % 4; n >= 0; n--) bytes[rng.u32() % bytes.length] = rng.u32() & 255
      lone.now += 1000
      lone.receive(
        globalAddress(rng.u32() % 60_000),
        bytes.subarray(0, rng.u32() % 8 === 0 ? rng.u32() % bytes.length : bytes.length),
      )
      lone.sent.length = 0
    }
    assert.equal(judge(lone.ask(address('60.250.250.250'), packet(PING)), address('60.250.250.250')), 'pong')
  })
})

/** A node with `count` contacts of global scope. `extra` goes into the envelope of their answers to its checks. */
function neighbourly(extra: readonly string[] = [], count = 20): { lone: LoneNode; ids: Id[] } {
  const lone = new LoneNode()
  const rng = dice(21)
  const ids: Id[] = []
  for (let i = 0; i < count; i++) {
    const id = randomId(rng)
    ids.push(id)
    const from = globalAddress(i)
    const before = lone.sent.length
    lone.receive(from, concatBytes([latin1('d1:ad2:id20:'), id, latin1('e1:q4:ping1:t1:z1:y1:qe')]))
    lone.run(lone.now + (i < 64 ? SECOND / 10 : 91 * SECOND))
    const check = lone.queries(before).find(({ to }) => equalBytes(to.bytes, from.bytes))
    assert.ok(check, 'a stranger is checked')
    const { transaction } = check.message
    lone.receive(
      from,
      concatBytes([
        latin1(`d${extra.join('')}1:rd2:id20:`),
        id,
        latin1('e1:t4:'),
        transaction,
        latin1('1:y1:re'),
      ]),
    )
  }
  return { lone, ids }
}

function tokenFor(lone: LoneNode, from: Address): Uint8Array {
  return bytesAt(dictOf(lone.ask(from, packet(GET_PEERS))!.get('r')), 'token')
}

function announced(token: Uint8Array, before: string, after: string): Uint8Array {
  return concatBytes([
    packet(`d1:ad<A>${before}<ih>${after}5:token${token.length}:`),
    token,
    packet('e1:q13:announce_peer<z>'),
  ])
}

function peersOf(fields: BencodeDict): string[] {
  const values = fields.get('values') ?? []
  assert.ok(Array.isArray(values))
  return values.map((value) => {
    assert.ok(value instanceof Uint8Array)
    return readPeers(value, value.length === 6 ? 4 : 6)[0]!.text
  })
}
