import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EQUAL_WAYS, surveyHops, surveyOnPaper } from '../../../sim/validation/hop-survey.ts'
import { ProceduralNetwork } from '../../../sim/validation/procedural-network.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { commonPrefix } from '../../../src/core/id.ts'

const IDEAL = {
  wideBuckets: [],
  lookupParallelism: 3,
  lookupParallelismMost: 3,
  lookupCredit: Number.POSITIVE_INFINITY,
  lookupDoubt: 0,
}

describe('a procedural network', () => {
  it('gives a node as many contacts of each bucket as that may hold, or all there are, each once and in its place', () => {
    const network = new ProceduralNetwork(1, 2_000, IDEAL)
    const own = network.tree.idOf(700)
    const { id, contacts } = network.handover(700)
    assert.equal(toHex(id), toHex(own))
    const all = Array.from({ length: 2_000 }, (_, rank) => network.tree.idOf(rank))
    for (let bits = 0; bits < 20; bits++) {
      const there = all.filter((other) => commonPrefix(own, other) === bits).length
      const held = contacts.filter((contact) => commonPrefix(own, contact.id) === bits)
      assert.equal(held.length, Math.min(8, there), `bucket ${bits}`)
    }
    assert.equal(new Set(contacts.map((contact) => toHex(contact.id))).size, contacts.length)
    for (const contact of contacts) {
      assert.equal(toHex(network.tree.idOf(network.rankOf(contact.address))), toHex(contact.id))
    }
  })

  it('holds wider first buckets where the options say so', () => {
    const network = new ProceduralNetwork(1, 20_000)
    const { id, contacts } = network.handover(3)
    const held = [0, 1, 2, 3, 4].map((bits) => contacts.filter((c) => commonPrefix(id, c.id) === bits).length)
    assert.deepEqual(held, [128, 64, 32, 16, 8])
  })

  it('draws the table of a node anew for another seed, and the same for the same', () => {
    const table = (seed: number): string[] =>
      new ProceduralNetwork(seed, 5_000, IDEAL).handover(9).contacts.map(({ address }) => address.text)
    assert.deepEqual(table(1), table(1))
    assert.notDeepEqual(table(1), table(2))
  })

  it('of a million nodes makes those alone who are written to, and every look-up finds the eight nearest', () => {
    const { met, exact, hops } = surveyHops({ seed: 1, size: 1_000_000, count: 8, options: IDEAL })
    assert.ok(met > 50 && met < 400, `${met}`)
    assert.equal(exact, 1)
    assert.ok(hops > 3 && hops < 6, `${hops}`)
  })

  it('c.1: needs the published hops and queries for a thousand nodes, on paper and for real', () => {
    const init = { seed: 3, size: 1_000, count: 150, options: IDEAL, network: EQUAL_WAYS }
    const real = surveyHops(init)
    assert.equal(real.exact, 1)
    assert.ok(Math.abs(real.hops / 2.23 - 1) < 0.1, `${real.hops} hops`)
    const published = surveyOnPaper(init, 'eight best')
    assert.ok(Math.abs(published.queries / 11 - 1) < 0.05, `${published.queries} queries`)
    const ours = surveyOnPaper(init, 'until eight answered')
    assert.ok(Math.abs(real.queries / ours.queries - 1) < 0.03, `${real.queries}, on paper ${ours.queries}`)
    assert.ok(Math.abs(real.hops / ours.hops - 1) < 0.03, `${real.hops}, on paper ${ours.hops}`)
  })
})
