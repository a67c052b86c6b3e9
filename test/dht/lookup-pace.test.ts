/** How hard a walk tries, whom it believes, and where it starts. One node, whose first contact answers by hand. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import type { Id } from '../../src/core/id.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import type { LookupResult } from '../../src/dht/lookup/lookup-request.ts'
import { INFO_HASH, LoneNode, packet } from '../support/lone-node.ts'
import { FIRST, FIRST_ID, near, nodes, TOKEN, walk } from '../support/lone-walk.ts'
import { address, globalAddress } from '../support/virtual-dht.ts'

/** All are asked at once, whoever named them. */
const EAGER = { lookupParallelism: 64, lookupCredit: Number.POSITIVE_INFINITY }

describe('a walk', () => {
  it('asks first whom others named when nobody answers of those that one node has named', () => {
    const [liar, honest] = [address('60.100.2.1'), address('60.100.3.1')]
    const invented = Array.from({ length: 8 }, (_, i) => [near(1 + i), globalAddress(i)] as const)
    const others = Array.from({ length: 3 }, (_, i) => [near(100 + i), globalAddress(50 + i)] as const)
    const asked = (lookupCredit: number): Address[] => {
      const self = walk({}, { lookupParallelism: 6, lookupCredit })
      const answer = (place: Address, id: Id, ...named: readonly (readonly [Id, Address])[]): void => {
        self.lone.reply(self.queries().find(({ to }) => to === place)!, id, nodes(...named))
      }
      answer(FIRST, FIRST_ID, [near(900), liar], [near(901), honest])
      answer(liar, near(900), ...invented)
      answer(honest, near(901), ...others)
      return self.queries().map(({ to }) => to)
    }
    const places = [...invented, ...others].map(([, place]) => place)
    assert.deepEqual(asked(3), [FIRST, liar, honest, ...places.slice(0, 3), ...places.slice(8)])
    assert.deepEqual(asked(1_000), [FIRST, liar, honest, ...places.slice(0, 6)])
  })

  it('writes to no more new places a second than a router at home bears, all look-ups together', () => {
    const self = walk({}, { ...EAGER, reachRate: 2, reachBurst: 4 })
    const list = Array.from({ length: 20 }, (_, i) => [near(1 + i), globalAddress(i)] as const)
    self.lone.reply(self.queries()[0]!, FIRST_ID, nodes(...list))
    assert.equal(self.queries().length, 4)
    self.lone.run(self.lone.now + 2 * SECOND)
    const places = new Set(self.queries().map(({ to }) => to))
    assert.ok(places.size >= 7 && places.size <= 8, `${places.size}`)
    assert.ok(self.lone.node.stats(self.lone.now).dropped.get('reach')! > 0)
  })

  it('starts where the last one to the same target ended, and tells those of them who are silent now', () => {
    const lone = new LoneNode()
    lone.befriend(FIRST_ID, FIRST)
    const place = globalAddress(1)
    const look = (announce: boolean): LookupResult[] => {
      const ended: LookupResult[] = []
      const told = announce ? { announce: { port: 7777, implied: false } } : {}
      lone.node.lookup(
        lone.now,
        { target: INFO_HASH, want: 'peers', ...told },
        { done: (_, end) => ended.push(end) },
      )
      return ended
    }
    const first = look(false)
    lone.reply(lone.queries().at(-1)!, FIRST_ID, concatBytes([nodes([near(1), place]), packet(TOKEN)]))
    lone.reply(lone.queries().at(-1)!, near(1), packet(TOKEN))
    assert.equal(first[0]?.ended, 'closest')
    // What answers leaves the table again, so that only the walk remembers it.
    const before = lone.sent.length
    const second = look(true)
    const asked = lone.queries(before)
    assert.deepEqual(new Set(asked.map(({ to }) => to)), new Set([FIRST, place]))
    lone.reply(asked.find(({ to }) => to === FIRST)!, FIRST_ID, packet(TOKEN))
    lone.run(lone.now + 12 * SECOND)
    const announces = lone.queries(before).filter(({ message }) => message.method === 'announce_peer')
    assert.deepEqual(new Set(announces.map(({ to }) => to)), new Set([FIRST, place]))
    assert.equal(second[0]?.announced, 0)
  })

  it('asks a silent node a third time where most are silent', () => {
    const attempts = (silent: number): number => {
      const self = walk({}, { ...EAGER, hardTimeout: 20, lookupDoubt: 0 })
      const list = Array.from({ length: 20 }, (_, i) => [near(1 + i), globalAddress(i)] as const)
      self.lone.run(self.lone.now + 50 * MILLISECOND)
      self.lone.reply(self.queries()[0]!, FIRST_ID, nodes(...list))
      self.lone.run(self.lone.now + 50 * MILLISECOND)
      const asked = self.queries().slice(1)
      for (const query of asked.slice(silent)) {
        self.lone.reply(query, list.find(([, to]) => to === query.to)![0])
      }
      self.lone.run(self.lone.now + 15 * SECOND)
      const counts = new Map<Address, number>()
      for (const { to } of self.queries()) counts.set(to, (counts.get(to) ?? 0) + 1)
      return Math.max(...counts.values())
    }
    assert.equal(attempts(3), 2)
    assert.equal(attempts(16), 3)
  })
})
