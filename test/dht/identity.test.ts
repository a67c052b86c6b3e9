/** Our own id follows our address (BEP 42, "Bootstrapping"): rows 6.12 to 6.17 and 9.21 of the conformance list. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1, toHex, toLatin1 } from '../../src/core/bytes.ts'
import { commonPrefix, type Id, randomId } from '../../src/core/id.ts'
import { isCompliant, nodeIdFor } from '../../src/core/node-id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { dice } from '../support/dice.ts'
import { ASKER_ID, INFO_HASH, LoneNode, OWN_ID } from '../support/lone-node.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

const HERE = address('60.77.1.1', 6881)
const IP = `6:${toLatin1(HERE.bytes)}\x1a\xe1`
const THERE = address('60.88.2.2', 6881)
const OTHER_IP = `6:${toLatin1(THERE.bytes)}\x1a\xe1`

/** Voters of as many /16s. */
function voter(index: number): Address {
  return address(`${61 + index}.1.1.9`)
}

/** A node whose id follows its address. */
function follower(id?: Id): LoneNode {
  return new LoneNode({ others: () => [], ...(id === undefined ? {} : { id }) })
}

function vote(lone: LoneNode, from: number, to: number, ip: string): void {
  for (let i = from; i < to; i++) lone.told(voter(i), randomId(dice(i)), ip)
}

function idsOf(lone: LoneNode): string[] {
  return [...lone.node.contents.contacts].map(({ id }) => toHex(id)).sort()
}

describe('the id of a node', () => {
  it('6.12 stays when one answer says that we are elsewhere, or two', () => {
    const lone = follower()
    vote(lone, 0, 2, IP)
    assert.equal(lone.node.id, OWN_ID)
    assert.deepEqual(lone.events, [])
  })

  it('6.13 becomes one that fits the address on which three networks agree, and both are told', () => {
    const lone = follower()
    vote(lone, 0, 3, IP)
    const { id } = lone.node
    assert.notDeepEqual(id, OWN_ID)
    assert.ok(isCompliant(id, HERE))
    const [named, moved] = lone.events
    assert.deepEqual(named, { kind: 'node-id', id })
    assert.ok(moved?.kind === 'network' && moved.state.external === HERE)
    vote(lone, 3, 9, IP)
    assert.equal(lone.node.id, id, 'it stays that')
    const before = lone.sent.length
    lone.node.ping(lone.now, voter(20), () => {})
    assert.deepEqual(lone.queries(before)[0]!.message.id, id, 'it is what we go by')
  })

  it('6.13 takes the table along and looks for its new neighbours', () => {
    const lone = follower()
    lone.node.start(0, [])
    const rng = dice(40)
    // More near the old id than a bucket holds that is far from it.
    for (let i = 0; i < 60; i++) lone.befriend(randomId(rng), globalAddress(i))
    const before = idsOf(lone)
    const sent = lone.sent.length
    vote(lone, 0, 3, IP)
    const { id } = lone.node
    const after = idsOf(lone)
    assert.ok(before.length >= 40, `${before.length}`)
    assert.ok(
      before.every((contact) => after.includes(contact)),
      'nobody is lost',
    )
    lone.run(lone.now + SECOND)
    const asked = lone.queries(sent).filter(({ message }) => message.method === 'find_node')
    assert.ok(asked.length > 0)
    assert.ok(asked.some(({ message }) => toHex(message.target!) === toHex(id)))
    const nearest = [...lone.node.contents.contacts].sort(
      (a, b) => commonPrefix(id, b.id) - commonPrefix(id, a.id),
    )
    assert.equal(toHex(asked[0]!.message.target!), toHex(id))
    assert.ok(commonPrefix(id, nearest[0]!.id) > 3)
  })

  it('6.13 parts early from those of our other nodes', () => {
    for (let seed = 0; seed < 20; seed++) {
      const other = nodeIdFor(HERE, dice(seed))
      const lone = new LoneNode({ others: () => [other] })
      vote(lone, 0, 3, IP)
      assert.equal(commonPrefix(lone.node.id, other) < 3, true)
    }
  })

  it('6.14 stays whatever is said that is no address of ours', () => {
    const wrong = ['0:', '4:abcd', '5:abcde', '7:abcdefg', '17:{abcdefghijklmno}', 'i5e', 'le', 'de']
    const bogons = ['192.168.1.1', '127.0.0.1', '224.0.0.1', '0.0.0.0'].map(
      (host) => `6:${toLatin1(address(host).bytes)}\x1a\xe1`,
    )
    for (const ip of [...wrong, ...bogons, `6:${toLatin1(HERE.bytes)}\0\0`]) {
      const lone = follower()
      vote(lone, 0, 8, ip)
      assert.equal(lone.node.id, OWN_ID, ip)
      assert.deepEqual(lone.events, [])
    }
  })

  it('6.15 stays whatever ten thousand say whom we did not ask', () => {
    const lone = follower()
    for (let i = 0; i < 10_000; i++) {
      const from = address(`${61 + (i % 100)}.${(i >> 4) & 255}.${i & 255}.1`)
      const transaction = Uint8Array.of(i >> 8, i & 255, 1, 1)
      lone.node.receive(
        0,
        from,
        concatBytes([
          latin1(`d2:ip${IP}1:rd2:id20:`),
          ASKER_ID,
          latin1('e1:t4:'),
          transaction,
          latin1('1:y1:re'),
        ]),
      )
    }
    assert.equal(lone.node.id, OWN_ID)
    assert.deepEqual(lone.events, [])
  })

  it('6.16 hears what errors say of our address, whatever their form', () => {
    const lone = follower()
    for (const [i, error] of ['d1:e1:xe', 'li203e1:xe', 'le'].entries()) {
      lone.node.ping(lone.now, voter(i), () => {})
      const { transaction } = lone.queries().at(-1)!.message
      lone.receive(
        voter(i),
        concatBytes([latin1(`d1:e${error}2:ip${IP}1:t4:`), transaction, latin1('1:y1:ee')]),
      )
    }
    assert.ok(isCompliant(lone.node.id, HERE))
    assert.notEqual(lone.node.id, OWN_ID)
  })

  it('6.17 stays when it fits the address, and whatever the address within a private network', () => {
    const fitting = nodeIdFor(HERE, dice(8))
    const lone = follower(fitting)
    vote(lone, 0, 3, IP)
    assert.equal(lone.node.id, fitting)
    assert.deepEqual(
      lone.events.map(({ kind }) => kind),
      ['network'],
    )
    assert.equal(lone.node.stats(0).network.external, HERE)
    const inside = follower()
    for (let i = 0; i < 3; i++)
      inside.told(address(`192.168.1.${i}`), randomId(dice(i)), `6:\x0a\x01\x01\x01\x1a\xe1`)
    assert.equal(inside.node.id, OWN_ID)
    assert.equal(inside.events.length, 1)
  })

  it('stays where it was chosen for a reason', () => {
    const lone = new LoneNode()
    vote(lone, 0, 3, IP)
    assert.equal(lone.node.id, OWN_ID)
  })

  it('9.21 changes with the address, and what was announced is announced again', () => {
    const lone = follower()
    const rng = dice(4)
    const holders = new Map<string, Id>()
    for (let i = 0; i < 10; i++) {
      const id = randomId(rng)
      holders.set(globalAddress(i).text, id)
      lone.befriend(id, globalAddress(i))
    }
    vote(lone, 0, 3, IP)
    const first = lone.node.id
    const announces: number[] = []
    let seen = lone.sent.length
    const run = (until: number): void => {
      while (lone.now < until) {
        lone.run(Math.min(until, lone.now + SECOND / 10))
        for (const query of lone.queries(seen)) {
          seen = lone.sent.length
          const id = holders.get(query.to.text)
          if (id === undefined) continue
          if (query.message.method === 'announce_peer') announces.push(lone.now)
          lone.reply(query, id, latin1('5:token2:ok'))
        }
      }
    }
    lone.node.publish(lone.now, INFO_HASH, 7000)
    run(5 * MINUTE)
    const before = announces.length
    assert.ok(before > 0)
    // Each of the old address's votes is displaced by a later one.
    vote(lone, 10, 24, OTHER_IP)
    assert.ok(isCompliant(lone.node.id, THERE))
    assert.notDeepEqual(lone.node.id, first)
    run(lone.now + 4 * SECOND)
    assert.ok(announces.length > before)
  })
})
