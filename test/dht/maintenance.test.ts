import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeNode } from '../../src/codec/compact.ts'
import type { Address } from '../../src/core/address.ts'
import { concatBytes, latin1 } from '../../src/core/bytes.ts'
import { type Id, randomId } from '../../src/core/id.ts'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { dice } from '../support/dice.ts'
import { LoneNode, OWN_ID, type SentQuery } from '../support/lone-node.ts'
import { globalAddress } from '../support/virtual-dht.ts'

/** Lets time pass second by second, while all of `ids` but `silent` answer what they are asked. */
function answering(lone: LoneNode, ids: readonly Id[], until: number, silent = 0): void {
  for (let at = lone.now; at < until; at += SECOND) {
    const before = lone.sent.length
    lone.run(at)
    for (const query of lone.queries(before)) {
      const i = ids.findIndex((_, n) => query.to === globalAddress(n))
      if (i >= 0 && i !== silent) lone.reply(query, ids[i]!)
    }
  }
}

/** The first contact falls silent, and another one takes its place. */
function bereaved(): { lone: LoneNode; ids: Id[] } {
  const { lone, ids } = crowded()
  answering(lone, ids, MINUTE, -1)
  lone.befriend(ids[8]!, globalAddress(8))
  const isThere = lone.node.snapshot().contacts.some(({ address }) => address === globalAddress(8))
  assert.equal(isThere, false)
  answering(lone, ids, 16 * MINUTE)
  lone.befriend(ids[8]!, globalAddress(8))
  answering(lone, ids, 34 * MINUTE)
  return { lone, ids }
}

/** A started node with contacts that share no bit with its id, so that all lie in one bucket of eight. */
function crowded(): { lone: LoneNode; ids: Id[] } {
  const lone = new LoneNode({
    options: { wideBuckets: [], keepAlive: 0, swifterBy: Number.POSITIVE_INFINITY },
  })
  const rng = dice(4)
  const ids = Array.from({ length: 10 }, () => {
    const id = randomId(rng)
    id[0]! |= 0x80
    return id
  })
  for (let i = 0; i < 8; i++) lone.befriend(ids[i]!, globalAddress(i))
  // A contact in the other half makes the tree split, so that the far bucket is full for good.
  const other = randomId(rng)
  other[0]! &= 0x3f
  lone.befriend(other, globalAddress(99))
  lone.node.start(lone.now, [])
  return { lone, ids }
}

function pings(lone: LoneNode, before: number): SentQuery[] {
  return lone.queries(before).filter(({ message }) => message.method === 'ping')
}

describe('maintenance', () => {
  it('9.06 pings doubtful contacts after 15 minutes, with one retry, the least recently seen first', () => {
    const { lone, ids } = crowded()
    const before = lone.sent.length
    const start = lone.now
    lone.run(15 * MINUTE + 30 * SECOND)
    const asked = pings(lone, before)
    assert.equal(asked[0]!.to, globalAddress(0))
    assert.ok(new Set(asked.map(({ to }) => to)).size >= 8)
    assert.ok(asked.length >= 8 && start < 15 * MINUTE)
    const first = asked.filter(({ to }) => to === globalAddress(0))
    lone.reply(first.at(-1)!, ids[0]!)
    assert.equal(lone.node.stats(lone.now + SECOND).nodes, 1)
  })

  it('9.06 blames a silent contact only when another answered meanwhile', () => {
    const { lone, ids } = crowded()
    lone.run(40 * MINUTE)
    assert.equal(lone.node.stats(lone.now).network.status, 'offline')
    const before = lone.sent.length
    lone.run(lone.now + MINUTE)
    for (const query of pings(lone, before)) {
      const at = ids.findIndex((_, i) => query.to === globalAddress(i))
      if (at > 0) lone.reply(query, ids[at]!)
    }
    const { nodes, network } = lone.node.stats(lone.now + SECOND)
    assert.notEqual(network.status, 'offline')
    assert.ok(nodes >= 1, 'they are all still there')
  })

  it('spreads the pings of a round over it', () => {
    const { lone, ids } = crowded()
    const before = lone.sent.length
    const times: number[] = []
    const pinged = new Set<number>()
    let seen = before
    for (let at = 15 * MINUTE - 10 * SECOND; at < 16 * MINUTE; at += SECOND / 4) {
      lone.run(at)
      for (const query of lone.queries(seen)) {
        const place = ids.findIndex((_, i) => query.to === globalAddress(i))
        if (place < 0) continue
        if (query.message.method === 'ping' && !pinged.has(place)) times.push(lone.now)
        pinged.add(place)
        lone.reply(query, ids[place]!)
      }
      seen = lone.sent.length
    }
    assert.ok(times.length >= 2, 'the others are heard of meanwhile, and left alone')
    for (const [i, at] of times.entries()) {
      if (i > 0) assert.ok(at - times[i - 1]! >= SECOND, 'one after the other')
    }
  })

  it('9.08 refreshes a bucket in which nothing happened for 15 minutes', () => {
    const { lone, ids } = crowded()
    const before = lone.sent.length
    for (let at = lone.now; at < 17 * MINUTE; at += 10 * SECOND) {
      lone.run(at)
      // Contacts stay good by asking us; they answer pings but nothing happens to their bucket otherwise.
      ids.slice(0, 8).forEach((id, i) => {
        if (at % MINUTE < 10 * SECOND) {
          lone.receive(
            globalAddress(i),
            concatBytes([latin1('d1:ad2:id20:'), id, latin1('e1:q4:ping1:t1:z1:y1:qe')]),
          )
        }
      })
    }
    const targets = lone
      .queries(before)
      .filter(({ message }) => message.method === 'find_node')
      .map(({ message }) => message.target!)
    assert.ok(targets.some((target) => (target[0]! & 0x80) !== 0))
  })

  it('9.07 puts a newcomer in the place of a contact that went silent', () => {
    const { lone } = bereaved()
    const addresses = lone.node.snapshot().contacts.map(({ address }) => address)
    assert.equal(addresses.includes(globalAddress(0)), false)
    assert.equal(addresses.includes(globalAddress(8)), true)
  })

  it('asks a contact that it has lost each minute for the nodes near to us, and walks on from what it names', () => {
    const { lone, ids } = bereaved()
    const isKnown = ({ address }: { readonly address: Address }) => address === globalAddress(0)
    assert.equal(lone.node.snapshot().contacts.some(isKnown), false)
    const before = lone.sent.length
    answering(lone, ids, 44 * MINUTE)
    const asked = lone.queries(before).filter(({ to }) => to === globalAddress(0))
    // Another one was lost too: they take turns.
    assert.ok(asked.length >= 4 && asked.length <= 5, `${asked.length} times in ten minutes`)
    for (const { message } of asked) {
      assert.equal(message.method, 'find_node')
      assert.deepEqual(message.target, OWN_ID)
    }
    const toLost = () => lone.queries(before).filter(({ to }) => to === globalAddress(0))
    while (toLost().length === asked.length) answering(lone, ids, lone.now + 2 * SECOND)
    // It is back, and knows one who is nearer to us than anybody whom we know.
    const near = OWN_ID.slice()
    near[19]! ^= 1
    const named = new Uint8Array(26)
    writeNode(named, 0, { id: near, address: globalAddress(200) })
    lone.reply(toLost().at(-1)!, ids[0]!, concatBytes([latin1('5:nodes26:'), named]))
    assert.ok(lone.queries(before).some(({ to }) => to === globalAddress(200)))
    const after = lone.sent.length
    answering(lone, ids, 54 * MINUTE)
    assert.equal(lone.queries(after).filter(({ message }) => message.target === OWN_ID).length, 0)
  })

  it('forgets whom it has lost after six hours', () => {
    const { lone, ids } = bereaved()
    answering(lone, ids, 7 * 60 * MINUTE)
    const before = lone.sent.length
    answering(lone, ids, 8 * 60 * MINUTE)
    assert.equal(lone.queries(before).filter(({ to }) => to === globalAddress(0)).length, 0)
  })
})
