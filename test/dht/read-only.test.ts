/** Read-only nodes (BEP 43): rows 6.18 to 6.23 of the conformance list, and the rule for when a node is one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { toLatin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import { RecentAddresses } from '../../src/dht/identity/recent-addresses.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { ASKER, FIND_NODE, GET_PEERS, PING } from '../support/answers.ts'
import { dice } from '../support/dice.ts'
import { LoneNode, OWN_ID, packet } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const IP = '6:\x3c\x63\x01\x01\x1a\xe1'
const CONTACTS = 10
const NOBODY: ReadonlyMap<string, Id> = new Map()

/** A node with contacts that answer everything and ask nothing of their own accord, as behind a translator. */
class Sheltered {
  readonly lone: LoneNode
  /** Whether the contacts answer. */
  isUp = true
  readonly #ids = new Map<string, Id>()
  #strangers = 0
  readonly #contact: Address

  constructor(
    options: Partial<DhtOptions> = {},
    own = IP,
    contactAt: (i: number) => Address = globalAddress,
    idAt: (i: number) => Id = neighbour,
  ) {
    // Walks to other places would find out that there are no others.
    const refreshAfter = 86_400
    this.lone = new LoneNode({ options: { smallTable: CONTACTS, refreshAfter, ...options } })
    this.lone.node.start(0, [])
    this.#contact = contactAt(0)
    const rng = dice(6)
    for (let i = 0; i < CONTACTS; i++) {
      const id = idAt(i)
      this.#ids.set(contactAt(i).text, id)
      this.lone.befriend(id, contactAt(i))
    }
    for (let i = 0; i < 3; i++) this.lone.told(address(`${61 + i}.1.1.9`), randomId(rng), own)
  }

  /** By what it says of itself; it answers a contact, which is no stranger, or does not, accordingly. */
  get isReadOnly(): boolean {
    const before = this.lone.sent.length
    this.lone.node.ping(this.lone.now, this.#contact, () => {})
    const [query] = this.lone.queries(before)
    const answer = this.lone.ask(this.#contact, packet(PING))
    assert.equal(answer === undefined, isMarked(query!))
    return answer === undefined
  }

  run(until: Micros): void {
    this.lone.runAmong(this.isUp ? this.#ids : NOBODY, until)
  }

  /** Somebody asks whom we never sent anything to; whether there is an answer. */
  stranger(): boolean {
    return this.lone.ask(address(`90.${this.#strangers++}.3.3`), packet(PING)) !== undefined
  }
}

/** So near to our id that there must be tens of thousands of nodes. */
function neighbour(i: number): Id {
  const id = OWN_ID.slice()
  id[2]! ^= 1 + i
  return id
}

function isMarked({ bytes }: { readonly bytes: Uint8Array }): boolean {
  return toLatin1(bytes).includes('2:roi1e')
}

describe('a read-only node', () => {
  it('6.18 says so in each of its queries, and answers none', () => {
    const lone = new LoneNode({ options: { readOnly: true } })
    for (const query of [PING, FIND_NODE, GET_PEERS, 'd1:ad<A>e1:q3:foo<z>', 'd1:q4:ping<z>'])
      assert.equal(lone.receive(ASKER, packet(query)).length, 0)
    lone.run(200 * SECOND)
    assert.equal(lone.queries().length, 0, 'nor is the sender checked')
    lone.node.start(lone.now, [{ id: randomId(dice(1)), address: globalAddress(1) }])
    lone.node.addNode(lone.now, globalAddress(2))
    lone.node.ping(lone.now, globalAddress(3), () => {})
    lone.run(lone.now + SECOND)
    const queries = lone.queries()
    assert.ok(queries.length >= 3)
    assert.ok(queries.every(isMarked))
    assert.ok(
      queries.every(({ message }) => message.readOnly),
      'at the top level',
    )
    assert.equal(lone.node.stats(lone.now).dropped.get('read-only'), 5)
  })

  it('6.22 is not known by its answers: a mark there is ignored', () => {
    const lone = new LoneNode()
    const id = randomId(dice(2))
    lone.receive(globalAddress(1), packet('d1:ad<A>e1:q4:ping1:t2:aa1:y1:qe'))
    const [check] = lone.queries()
    assert.ok(check)
    const { transaction } = check.message
    const text = `d1:rd2:id20:${toLatin1(id)}e2:roi1e1:t4:${toLatin1(transaction)}1:y1:re`
    lone.receive(
      check.to,
      Uint8Array.from(text, (char) => char.charCodeAt(0)),
    )
    assert.equal(lone.node.stats(0).nodes, 0, 'another id than was checked')
    lone.node.ping(0, check.to, () => {})
    const again = lone.queries().at(-1)!
    const said = text.replace(toLatin1(transaction), toLatin1(again.message.transaction))
    lone.receive(
      check.to,
      Uint8Array.from(said, (char) => char.charCodeAt(0)),
    )
    assert.equal(lone.node.stats(0).nodes, 1)
  })
})

describe('a node that nobody reaches', () => {
  it('6.18 turns read-only after 15 minutes in which its own queries succeed, not before', () => {
    const node = new Sheltered()
    node.run(14 * MINUTE)
    assert.equal(node.isReadOnly, false)
    assert.equal(node.lone.queries().some(isMarked), false)
    node.run(22 * MINUTE)
    assert.equal(node.isReadOnly, true)
    const before = node.lone.sent.length
    node.run(node.lone.now + 20 * MINUTE)
    const queries = node.lone.queries(before)
    assert.ok(queries.length > 0)
    assert.ok(queries.every(isMarked))
  })

  it('answers for 15 minutes of each hour, without the mark', () => {
    const node = new Sheltered()
    let readOnly = 0
    const switches: Micros[] = []
    let was = false
    for (let minute = 1; minute <= 6 * 60; minute++) {
      node.run(minute * MINUTE)
      const before = node.lone.sent.length
      const is = node.isReadOnly
      assert.equal(node.lone.queries(before).every(isMarked), is)
      if (is) readOnly += 1
      if (is !== was) switches.push(node.lone.now)
      was = is
    }
    assert.ok(readOnly > 5 * 45 && readOnly <= 6 * 45, String(readOnly))
    switches.forEach((at, i) => {
      assert.ok(i === 0 || at - switches[i - 1]! >= 15 * MINUTE, 'no two within 15 minutes')
    })
  })

  it('6.23 answers again, for good, once a stranger comes while it is silent', () => {
    const node = new Sheltered()
    node.run(22 * MINUTE)
    assert.equal(node.isReadOnly, true)
    const answered = node.stranger()
    node.run(node.lone.now + 16 * MINUTE)
    assert.equal(node.isReadOnly, false, 'no later than 15 minutes after the last switch')
    for (let minute = 0; minute < 120; minute++) {
      node.run(node.lone.now + MINUTE)
      if (minute % 10 === 0) assert.equal(node.stranger(), true)
      assert.equal(node.isReadOnly, false)
    }
    assert.equal(answered, false, 'not sooner')
  })

  it('6.23 answers the stranger itself when the last switch was long enough ago', () => {
    const node = new Sheltered()
    node.run(22 * MINUTE)
    assert.equal(node.isReadOnly, true)
    node.run(node.lone.now + 20 * MINUTE)
    assert.equal(node.isReadOnly, true)
    assert.equal(node.stranger(), true)
    assert.equal(node.isReadOnly, false)
  })

  it('stays open when a stranger comes while it tries', () => {
    const node = new Sheltered()
    node.run(22 * MINUTE)
    for (let i = 0; i < 60 && node.isReadOnly; i++) node.run(node.lone.now + MINUTE)
    assert.equal(node.stranger(), true)
    node.run(node.lone.now + 14 * MINUTE)
    assert.equal(node.isReadOnly, false)
    node.stranger()
    node.run(node.lone.now + 14 * MINUTE)
    assert.equal(node.isReadOnly, false)
  })
})

describe('a node goes on answering', () => {
  const lasting: readonly [what: string, node: () => Sheltered, each: (node: Sheltered) => void][] = [
    ['while strangers come', () => new Sheltered(), (node) => node.stranger()],
    [
      'while its own queries fail',
      () => {
        const node = new Sheltered()
        node.isUp = false
        return node
      },
      () => {},
    ],
    ['when that is asked for', () => new Sheltered({ readOnly: false }), () => {}],
    ['with a small table', () => new Sheltered({ smallTable: CONTACTS + 4 }), () => {}],
    [
      'in a small network, in which all have heard from it',
      () => {
        const rng = dice(6)
        return new Sheltered({}, IP, globalAddress, () => randomId(rng))
      },
      () => {},
    ],
    [
      'in a private network',
      () => new Sheltered({}, '6:\xc0\xa8\x01\x01\x1a\xe1', (i) => address(`192.168.7.${i}`)),
      () => {},
    ],
  ]
  for (const [what, make, each] of lasting) {
    it(what, () => {
      const node = make()
      for (let at = 10; at <= 90; at += 10) {
        node.run(at * MINUTE)
        each(node)
        assert.equal(node.isReadOnly, false, `after ${at} minutes`)
      }
    })
  }
})

describe('the addresses that something was sent to', () => {
  it('are remembered for ten minutes, and forgotten after fifteen', () => {
    for (const start of [0, 3, 7].map((minutes) => minutes * MINUTE)) {
      const sent = new RecentAddresses(5 * MINUTE, 11)
      for (let i = 0; i < 100; i++) sent.add(start, globalAddress(i))
      for (let i = 0; i < 100; i++) assert.ok(sent.has(start + 10 * MINUTE, globalAddress(i)))
      let known = 0
      for (let i = 0; i < 100; i++) if (sent.has(start + 15 * MINUTE, globalAddress(i))) known += 1
      assert.equal(known, 0)
    }
  })

  it('are few enough to be told apart, or it is known that they are not', () => {
    const sent = new RecentAddresses(5 * MINUTE, 11)
    for (let i = 0; i < 400; i++) sent.add(0, globalAddress(i))
    let mistaken = 0
    for (let i = 1000; i < 2000; i++) if (sent.has(0, globalAddress(i))) mistaken += 1
    assert.ok(mistaken < 150, String(mistaken))
    assert.equal(sent.isCrowded(0), false)
    for (let i = 0; i < 20_000; i++) sent.add(0, globalAddress(i))
    assert.equal(sent.isCrowded(0), true)
    assert.equal(sent.isCrowded(16 * MINUTE), false)
  })

  it('count in the global scope alone, whatever their port', () => {
    const sent = new RecentAddresses(5 * MINUTE, 11)
    sent.add(0, address('192.168.1.1'))
    assert.equal(sent.has(0, address('192.168.1.1')), false)
    sent.add(0, address('60.1.1.1', 7))
    assert.equal(sent.has(0, address('60.1.1.1', 8)), true)
  })
})
