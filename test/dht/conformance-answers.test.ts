/** The rows of the DHT conformance list on what we answer that take more than one datagram. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readNodes } from '../../src/codec/compact.ts'
import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { compareDistance, randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import {
  ASKER,
  announced,
  bytesAt,
  dictOf,
  FIND_NODE,
  GET_PEERS,
  judge,
  neighbourly,
  PING,
  peersOf,
  tokenFor,
} from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { ASKER_ID, INFO_HASH, LoneNode, OWN_ID, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

describe('conformance: what is answered over time', () => {
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
    const lone = new LoneNode()
    const rng = dice(3)
    for (const host of ['61.1.1.1', '62.1.1.1', '63.1.1.1'])
      lone.told(address(host), randomId(rng), '6:\x3c\x63\x01\x01\x1a\xe1')
    assert.equal(lone.node.stats(0).network.external, address('60.99.1.1', 6881))
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

  it('2.35 with 64 good contacts checks a stranger only after 150 seconds of silence', () => {
    const { lone } = neighbourly(undefined, 70)
    const before = lone.sent.length
    lone.receive(ASKER, packet(PING))
    lone.run(lone.now + 60 * SECOND)
    lone.receive(ASKER, packet(PING))
    lone.run(lone.now + 149 * SECOND)
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

  it('1.28 names a peer of a private network to nobody outside of it', () => {
    const lone = new LoneNode()
    const from = address('192.168.1.5', 4000)
    const said = lone.ask(from, announced(tokenFor(lone, from), '', '4:porti6881e'))
    assert.equal(judge(said, from), 'pong')
    const seenFrom = (host: string): string[] =>
      peersOf(dictOf(lone.ask(address(host), packet(GET_PEERS))!.get('r')))
    assert.deepEqual(seenFrom('60.3.3.3'), [])
    assert.deepEqual(seenFrom('10.0.0.1'), ['192.168.1.5:6881'])
  })

  it('6.22 takes a response for one, whatever it says of being read-only', () => {
    const { lone } = neighbourly(['2:roi1e'], 3)
    assert.equal(lone.node.stats(lone.now).nodes, 3)
  })

  it('2.37 survives whatever mutation of a query, and never sends more than 1024 bytes for it', () => {
    const rng = dice(31)
    const seeds = [
      PING,
      FIND_NODE,
      GET_PEERS,
      'd1:ad<A><ih>4:porti6881e5:token8:aoeusnthe1:q13:announce_peer<z>',
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
