/** Rows of section 3: our own queries, and what the replies may be. One node, whose first contact answers by hand. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, EMPTY, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { compareDistance, type Id, randomId } from '../../src/core/id.ts'
import { MILLISECOND, MINUTE, SECOND } from '../../src/core/time.ts'
import type { LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { dice } from '../support/dice.ts'
import { INFO_HASH, LoneNode, OWN_ID, packet, response, type SentQuery } from '../support/lone-node.ts'
import { FIRST, FIRST_ID, near, nodes, TOKEN, walk } from '../support/lone-walk.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

/** All are asked at once, whoever named them. */
const EAGER = { lookupParallelism: 64, lookupCredit: Number.POSITIVE_INFINITY }

describe('look-up', () => {
  it('3.05 uses a reply after the soft timeout, whose place was free by then', () => {
    const { lone, queries } = walk()
    lone.run(lone.now + 3 * SECOND)
    const [first, again] = queries()
    assert.ok(first !== undefined && again !== undefined, 'it is asked again when it is slow')
    lone.reply(first, FIRST_ID, nodes([near(1), globalAddress(1)]))
    assert.equal(queries().at(-1)?.to, globalAddress(1))
  })

  it('ends when a slow node that was asked twice has answered twice, and nobody else is left', () => {
    const self = walk()
    self.lone.run(self.lone.now + 2 * SECOND)
    const [first, again] = self.queries()
    self.lone.reply(first!, FIRST_ID, nodes())
    const early = self.result
    assert.equal(early, undefined, 'the second query may bring more')
    self.lone.reply(again!, FIRST_ID, nodes())
    assert.equal(self.result?.ended, 'closest')
  })

  it('3.06 ignores a reply after the hard timeout', () => {
    const self = walk()
    self.lone.run(self.lone.now + 11 * SECOND)
    assert.equal(self.result?.ended, 'no-nodes')
    self.lone.reply(self.queries()[0]!, FIRST_ID, nodes([near(1), globalAddress(1)]))
    assert.equal(
      self.queries().some(({ to }) => to === globalAddress(1)),
      false,
    )
  })

  it('tells the way that it took, when asked: who named whom, what became of them, and why others were not asked', () => {
    const self = walk({ explain: true })
    const [first] = self.queries()
    const twin = address('60.0.1.9', 77)
    const named: [Id, Address][] = [
      [near(1), globalAddress(1)],
      [near(2), twin],
      [near(3), globalAddress(3)],
      [near(4), address('127.0.0.1', 5)],
      [OWN_ID, globalAddress(5)],
    ]
    self.lone.run(self.lone.now + 50 * MILLISECOND)
    self.lone.reply(first!, FIRST_ID, nodes(...named))
    const to = (place: Address): SentQuery => self.queries().find((query) => query.to === place)!
    const peer = '6:valuesl6:\x3c\x64\x02\x02\x1a\xe1e'
    self.lone.reply(
      to(globalAddress(1)),
      near(1),
      concatBytes([nodes([near(3), globalAddress(3)]), packet(peer)]),
    )
    self.lone.run(self.lone.now + 15 * SECOND)
    const told = self.result!.walk!.map(
      ({ address: place, namedBy, outcome, why, named: count, fresh, peers }) => {
        return [place.text, namedBy?.text, why ?? outcome, count, fresh, peers]
      },
    )
    assert.deepEqual(told, [
      [FIRST.text, undefined, 'answered', 5, 5, 0],
      [globalAddress(1).text, FIRST.text, 'answered', 1, 0, 1],
      [twin.text, FIRST.text, 'same-ip', 0, 0, 0],
      [globalAddress(3).text, FIRST.text, 'silent', 0, 0, 0],
      [address('127.0.0.1', 5).text, FIRST.text, 'scope', 0, 0, 0],
      [globalAddress(5).text, FIRST.text, 'self', 0, 0, 0],
    ])
    const [own, , , silent] = self.result!.walk!
    assert.deepEqual([own?.queries, own?.elapsed], [1, 50 * MILLISECOND])
    assert.ok(silent!.queries >= 2 && silent!.elapsed === undefined)
    const plain = walk()
    plain.cancel()
    assert.equal(plain.result?.walk, undefined)
  })

  it('tells of each node once, however often it is named, and why of those alone that were not asked', () => {
    const self = walk({ explain: true }, { lookupCandidates: 8 })
    const twin = address('60.0.12.9', 77)
    self.lone.reply(self.queries()[0]!, FIRST_ID, nodes([near(12), globalAddress(12)], [near(13), twin]))
    // Each names one that is nearer, and again and again those that are farther.
    for (let i = 11; i >= 1; i--) {
      const query = self.queries().find(({ to }) => to === globalAddress(i + 1))!
      const far = [1, 2, 3].map((j): [Id, Address] => [near(j * 16 + 256), globalAddress(100 + j)])
      const list = nodes([near(i), globalAddress(i)], [near(13), twin], ...far)
      self.lone.reply(query, near(i + 1), list)
    }
    self.lone.run(self.lone.now + 30 * SECOND)
    const { walk: steps = [] } = self.result!
    const keys = steps.map(({ id, address: place }) => `${toLatin1(id)} ${place.text}`)
    assert.equal(new Set(keys).size, keys.length, 'each once')
    for (const { outcome, why } of steps) assert.equal(why !== undefined, outcome === 'unasked')
    const [named, ...more] = steps.filter(({ address: place }) => place === twin)
    assert.deepEqual([named?.outcome, named?.namedBy, more], ['unasked', FIRST, []])
  })

  it('3.02 3.03 3.04 ignores replies from elsewhere, and a second one', () => {
    const { lone, queries } = walk()
    const [query] = queries()
    const body = nodes([near(1), globalAddress(1)])
    lone.reply(query!, FIRST_ID, body, address('60.100.1.1', 99))
    lone.reply(query!, FIRST_ID, body, address('60.100.1.2'))
    assert.equal(queries().length, 1)
    lone.reply(query!, FIRST_ID, body)
    lone.reply(query!, FIRST_ID, nodes([near(2), globalAddress(2)]))
    assert.deepEqual(
      queries().map(({ to }) => to),
      [FIRST, globalAddress(1)],
    )
    assert.equal(lone.node.stats(lone.now).dropped.get('unmatched'), 3)
  })

  it('3.07 fails the call when the response or its id is malformed', () => {
    for (const make of [
      (t: string) => `d1:t4:${t}1:y1:re`,
      (t: string) => `d1:rle1:t4:${t}1:y1:re`,
      (t: string) => `d1:r1:x1:t4:${t}1:y1:re`,
      (t: string) => `d1:rd2:id19:{19*x}e1:t4:${t}1:y1:re`,
      (t: string) => `d1:rd2:id21:{21*x}e1:t4:${t}1:y1:re`,
    ]) {
      const self = walk()
      const [query] = self.queries()
      const { transaction } = query!.message
      const [before, after] = make('@@@@').split('@@@@') as [string, string]
      self.lone.receive(FIRST, concatBytes([packet(before), transaction, packet(after)]))
      assert.equal(self.result?.ended, 'no-nodes')
      assert.equal(self.lone.node.stats(self.lone.now).dropped.get('faulty'), 1)
    }
  })

  it('3.08 8.06 takes a contact out that answers under another id, and still uses what it says', () => {
    const self = walk()
    self.lone.reply(self.queries()[0]!, near(500), nodes([near(1), globalAddress(1)]))
    assert.equal(self.lone.node.stats(self.lone.now + SECOND).nodes, 0)
    self.lone.reply(self.queries()[1]!, near(1))
    assert.deepEqual(
      self.result?.closest.map(({ id }) => id),
      [near(1), near(500)],
    )
  })

  it('3.09 fails a call that is answered under our own id', () => {
    const self = walk()
    self.lone.reply(self.queries()[0]!, OWN_ID, nodes([near(1), globalAddress(1)]))
    assert.equal(self.result?.ended, 'no-nodes')
    assert.equal(self.lone.node.stats(self.lone.now).dropped.get('reflector'), 1)
  })

  it('3.10 3.11 takes malformed node lists for none, and uses the rest of the reply', () => {
    for (const list of ['5:nodes25:{25*x}', '5:nodesi5e', '5:nodesle', '']) {
      const self = walk()
      self.lone.reply(self.queries()[0]!, FIRST_ID, packet(`${list}6:valuesl6:\x3c\x01\x01\x01\x1a\xe1e`))
      assert.equal(self.result?.ended, 'closest')
      assert.deepEqual(self.peers, ['60.1.1.1:6881'])
    }
  })

  it('3.12 3.13 follows only addresses that may be named, and neither ourselves nor our id', () => {
    const { lone, queries } = walk()
    const bad = [
      '0.1.2.3',
      '10.1.1.1',
      '127.0.0.1',
      '169.254.1.1',
      '172.16.1.1',
      '192.168.1.1',
      '224.0.0.1',
      '240.0.0.1',
    ].map((host, i) => [near(i + 1), address(host)] as const)
    lone.reply(
      queries()[0]!,
      FIRST_ID,
      nodes(
        ...bad,
        [near(20), address('60.1.1.1', 0)],
        [OWN_ID, globalAddress(3)],
        [near(30), globalAddress(4)],
      ),
    )
    assert.deepEqual(
      queries()
        .slice(1)
        .map(({ to }) => to),
      [globalAddress(4)],
    )
  })

  it('3.12 follows private addresses that a private sender names', () => {
    const lone = new LoneNode()
    const [place, named] = [address('192.168.1.5'), address('192.168.1.6')]
    lone.befriend(FIRST_ID, place)
    lone.node.lookup(lone.now, { target: INFO_HASH, want: 'nodes' }, { done: () => {} })
    const before = lone.sent.length
    lone.reply(
      lone.queries().at(-1)!,
      FIRST_ID,
      nodes([near(1), named], [near(2), address('127.0.0.1')], [near(3), globalAddress(1)]),
    )
    assert.deepEqual(
      new Set(lone.queries(before).map(({ to }) => to.host)),
      new Set([named.host, globalAddress(1).host]),
    )
  })

  it('3.14 takes the twenty nearest of a reply', () => {
    const { lone, queries } = walk({ budget: 300 }, EAGER)
    const list = Array.from({ length: 150 }, (_, i) => [near(150 - i), globalAddress(i)] as const)
    lone.reply(queries()[0]!, FIRST_ID, nodes(...list))
    assert.deepEqual(
      queries()
        .slice(1)
        .map(({ to }) => to),
      Array.from({ length: 20 }, (_, i) => globalAddress(149 - i)),
    )
  })

  it('3.15 asks each IP once, and each id until somebody answers to it', () => {
    const { lone, queries } = walk({}, EAGER)
    const crowd = Array.from({ length: 9 }, (_, i) => [near(i + 1), address('60.5.5.5', 1000 + i)] as const)
    const double = [1, 2, 3, 4, 5].map((i) => [near(100), globalAddress(i)] as const)
    lone.reply(queries()[0]!, FIRST_ID, nodes(...crowd, ...double))
    const asked = queries()
      .slice(1)
      .map(({ to }) => to.host)
    assert.equal(asked.filter((host) => host === '60.5.5.5').length, 1)
    assert.equal(asked.length, 4, 'three addresses at most for one id')
  })

  it('3.16 asks no more than three of a subnet while there are others', () => {
    const { lone, queries } = walk({}, EAGER)
    const crowd = Array.from({ length: 9 }, (_, i) => [near(i + 1), address(`60.5.5.${i + 1}`)] as const)
    lone.reply(queries()[0]!, FIRST_ID, nodes(...crowd, [near(100), globalAddress(1)]))
    const asked = queries()
      .slice(1)
      .map(({ to }) => to)
    assert.deepEqual(asked, [...crowd.slice(0, 3).map(([, place]) => place), globalAddress(1)])
  })

  it('3.16 does not wait for those of a crowded subnet once eight others have answered', () => {
    const self = walk()
    const crowd = Array.from({ length: 5 }, (_, i) => [near(i + 1), address(`60.5.5.${i + 1}`)] as const)
    const others = Array.from({ length: 8 }, (_, i) => [near(100 + i), globalAddress(i)] as const)
    self.lone.reply(self.queries()[0]!, FIRST_ID, nodes(...crowd, ...others))
    for (let i = 1; self.result === undefined && i < 20; i++) {
      const { to } = self.queries()[i]!
      self.lone.reply(self.queries()[i]!, [...crowd, ...others].find(([, place]) => place === to)![0])
    }
    assert.equal(self.result?.ended, 'closest')
    assert.deepEqual(
      self.result.closest.map(({ address: place }) => place),
      [...crowd.slice(0, 3), ...others.slice(0, 5)].map(([, place]) => place),
    )
  })

  it('3.17 ends by its budget when nearer nodes are invented without end, and says so', () => {
    const self = walk({}, { maxTransactions: 100_000 })
    let distance = 65_535
    for (let i = 0; i < 1000 && self.result === undefined; i++) {
      const query = self.queries()[i]
      if (query === undefined) break
      self.lone.now += 10 * MILLISECOND
      const claimed = i === 0 ? FIRST_ID : near(distance + 1)
      distance -= 1
      self.lone.reply(query, claimed, nodes([near(distance), globalAddress(10 + i)]))
    }
    assert.equal(self.result?.ended, 'budget')
    assert.equal(self.result.queries, 256)
    assert.equal(self.result.suspicious, true)
    assert.equal(self.result.closest.length, 8)
  })

  it('3.18 ends by its deadline when every answer takes as long as it may', () => {
    const self = walk({ deadline: 20 * SECOND })
    const answered = new Set<Address>()
    let distance = 60_000
    for (let i = 0; self.result === undefined && i < 100; i++) {
      const query = self.queries().find(({ to }) => !answered.has(to))!
      answered.add(query.to)
      self.lone.run(self.lone.now + 4.9 * SECOND)
      self.lone.reply(query, i === 0 ? FIRST_ID : near(distance), nodes([near(--distance), globalAddress(i)]))
    }
    assert.equal(self.result?.ended, 'deadline')
    assert.ok(self.result.elapsed <= 20 * SECOND)
    assert.ok(self.result.closest.length > 0, 'with what there is')
  })

  it('3.19 3.20 3.22 3.23 reports usable peers, each once, from whatever values there are', () => {
    const six = '\x3c\x01\x01\x01\x1a\xe1'
    const eighteen = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x07\x1a\xe1`
    const values = [
      '0:',
      '5:abcde',
      '7:abcdefg',
      '17:{17*x}',
      'i5e',
      'le',
      `6:\x3c\x01\x01\x01\0\0`,
      '6:\x7f\0\0\x01\x1a\xe1',
    ]
    const cases: readonly [string, readonly string[]][] = [
      [`6:valuesl6:${six}18:${eighteen}e`, ['60.1.1.1:6881', '[2001:db8::7]:6881']],
      [`6:valuesl${values.join('')}6:${six}6:${six}e`, ['60.1.1.1:6881']],
      [`6:values6:${six}`, []],
      ['6:valuesde', []],
    ]
    for (const [body, expected] of cases) {
      const self = walk()
      self.lone.reply(self.queries()[0]!, FIRST_ID, packet(body))
      assert.deepEqual(self.peers, expected)
      assert.equal(self.result?.peers, expected.length)
    }
  })

  it('3.24 3.25 3.26 3.27 announces to the nearest that gave a token, to each with its own', () => {
    const self = walk({ announce: { port: 7777, implied: false } })
    self.lone.reply(
      self.queries()[0]!,
      FIRST_ID,
      concatBytes([
        nodes([near(1), globalAddress(1)], [near(2), globalAddress(2)], [near(3), globalAddress(3)]),
        packet(TOKEN),
      ]),
    )
    const [, one, two, three] = self.queries()
    self.lone.reply(one!, near(1), packet('5:tokeni5e'))
    self.lone.reply(two!, near(2), packet('5:token0:'))
    assert.equal(self.result, undefined)
    self.lone.reply(three!, near(3), packet(`5:token129:{129*x}`))
    const announces = self.queries().filter(({ message }) => message.method === 'announce_peer')
    assert.deepEqual(
      announces.map(({ to, message }) => [to, toLatin1(message.token!), message.port, message.impliedPort]),
      [
        [globalAddress(2), '', 7777, false],
        [FIRST, 'tokn', 7777, false],
      ],
    )
    self.lone.reply(announces[0]!, near(2))
    self.lone.reply(announces[1]!, FIRST_ID)
    assert.equal(self.result!.announced, 2)
    assert.equal(self.result!.closest.length, 4)
  })

  it('3.28 asks once more for a token that was refused', () => {
    const self = walk({ announce: { port: 7777, implied: true } })
    self.lone.reply(self.queries()[0]!, FIRST_ID, packet(TOKEN))
    const refuse = (query: SentQuery): void => {
      const { transaction } = query.message
      self.lone.receive(
        query.to,
        concatBytes([latin1('d1:eli203e9:Bad tokene1:t4:'), transaction, latin1('1:y1:ee')]),
      )
    }
    refuse(self.queries()[1]!)
    self.lone.reply(self.queries()[2]!, FIRST_ID, packet('5:token3:new'))
    const second = self.queries()[3]!
    assert.deepEqual(
      [second.message.method, toLatin1(second.message.token!), second.message.impliedPort],
      ['announce_peer', 'new', true],
    )
    refuse(second)
    assert.equal(self.queries().length, 4)
    assert.deepEqual([self.result?.ended, self.result?.announced], ['closest', 0])
  })

  it('3.29 ends when nobody nearer than the eighth responder is left', () => {
    // Twelve that share all but a byte with the target are not there by chance.
    const self = walk({}, { lookupDoubt: 0 })
    const list = Array.from({ length: 12 }, (_, i) => [near(i + 1), globalAddress(i)] as const)
    self.lone.reply(self.queries()[0]!, FIRST_ID, nodes(...list))
    for (let i = 1; self.result === undefined; i++) {
      const query = self.queries()[i]!
      self.lone.reply(query, list.find(([, place]) => place === query.to)![0])
    }
    assert.equal(self.result.ended, 'closest')
    assert.deepEqual(
      self.result.closest.map(({ id }) => id),
      list.slice(0, 8).map(([id]) => id),
    )
    assert.ok(self.result.queries <= 12)
  })

  it('3.31 sends nothing more once it is cancelled', () => {
    const self = walk()
    self.cancel()
    assert.equal(self.result!.ended, 'cancelled')
    self.lone.reply(self.queries()[0]!, FIRST_ID, nodes([near(1), globalAddress(1)]))
    self.lone.run(self.lone.now + MINUTE)
    assert.equal(self.queries().length, 1)
  })

  it('answers from its own store first, since of two nodes one announces to the other', () => {
    const lone = new LoneNode()
    const from = address('60.9.9.9', 4000)
    const answer = lone.receive(from, packet('d1:ad<A><ih>e1:q9:get_peers<z>'))[0]!.message
    assert.ok(answer.kind === 'response' && answer.token)
    lone.receive(
      from,
      concatBytes([
        packet('d1:ad<A><ih>4:porti7e5:token8:'),
        answer.token,
        packet('e1:q13:announce_peer<z>'),
      ]),
    )
    const found: string[] = []
    lone.node.lookup(
      1,
      { target: INFO_HASH, want: 'peers' },
      {
        peers: (_, peers, by) => {
          assert.equal(by, undefined)
          found.push(...peers.map(({ text }) => text))
        },
        done: () => {},
      },
    )
    assert.deepEqual(found, ['60.9.9.9:7'])
  })

  it('is refused when too many are under way, and says so at once', () => {
    const lone = new LoneNode({ options: { maxLookups: 2 } })
    lone.node.addNode(0, FIRST)
    const ends: string[] = []
    for (let i = 0; i < 3; i++) {
      lone.node.lookup(0, { target: INFO_HASH, want: 'nodes' }, { done: (_, { ended }) => ends.push(ended) })
    }
    assert.deepEqual(ends, ['refused'])
    lone.node.stop(1)
    assert.deepEqual(ends, ['refused', 'cancelled', 'cancelled'])
  })

  it('neither throws nor hangs nor asks without end, whatever is answered', () => {
    for (let seed = 0; seed < 40; seed++) {
      const rng = dice(seed)
      const self = walk({ announce: { port: 1, implied: false } })
      for (let i = 0; i < 400 && self.result === undefined; i++) {
        const queries = self.queries()
        const query = queries[rng.u32() % queries.length]!
        const named = Array.from(
          { length: rng.u32() % 12 },
          () => [randomId(rng), globalAddress(rng.u32() % 600)] as const,
        )
        const body = concatBytes([
          named.length > 0 ? nodes(...named) : EMPTY,
          rng.u32() % 2 ? packet(TOKEN) : EMPTY,
        ])
        const bytes = response(query, rng.u32() % 4 ? randomId(rng) : FIRST_ID, body)
        if (rng.u32() % 8 === 0) bytes[rng.u32() % bytes.length] = rng.u32() & 255
        self.lone.receive(query.to, bytes)
        if (rng.u32() % 4 === 0) self.lone.run(self.lone.now + (rng.u32() % 2000) * MILLISECOND)
      }
      self.lone.run(self.lone.now + 2 * MINUTE)
      assert.ok(self.result !== undefined)
      const { closest } = self.result as LookupResult
      const sorted = [...closest].sort((a, b) => compareDistance(INFO_HASH, a.id, b.id))
      assert.deepEqual(closest, sorted)
    }
  })
})
