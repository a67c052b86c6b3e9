/** The table of rules, run in virtual time against our own node: each must hold in each place where it can be seen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RULES } from '../../src/probe/rules.ts'
import { WATCHES } from '../../src/probe/watches.ts'
import { PLACES } from '../support/probe-places.ts'
import { VirtualProbe } from '../support/virtual-probe.ts'

/** What cannot be seen in each place. */
const UNSEEN: Readonly<Record<string, readonly string[]>> = {
  'in the open network over IPv4': ['4.02', '4.08'],
  'in the open network over IPv6': ['4.01', '4.07'],
  'on loopback': ['1.27', '6.13', '4.02', '4.08'],
}

for (const [name, place] of Object.entries(PLACES)) {
  describe(`a node of our own ${name}`, () => {
    const { results, score } = new VirtualProbe({ ...place, options: { slow: true } })

    for (const { rule, title, verdict, why } of results) {
      it(`${rule} ${title}`, () => {
        const expected = UNSEEN[name]!.includes(rule) ? 'not-applicable' : 'pass'
        assert.deepEqual([verdict, verdict === expected ? undefined : why], [expected, undefined])
      })
    }

    it('is told once of every rule', () => {
      const ids = results.map(({ rule }) => rule).sort()
      assert.deepEqual(ids, [...RULES, ...WATCHES].map(({ id }) => id).sort())
      assert.equal(new Set(ids).size, ids.length)
      const { required, chosen } = score!
      const told = Object.values(required).concat(Object.values(chosen))
      assert.equal(
        told.reduce((sum, count) => sum + count, 0),
        ids.length,
      )
    })
  })
}
