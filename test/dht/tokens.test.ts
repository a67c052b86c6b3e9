import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MINUTE, SECOND } from '../../src/core/time.ts'
import { Tokens } from '../../src/dht/answering/tokens.ts'
import { dice } from '../support/dice.ts'
import { INFO_HASH } from '../support/lone-node.ts'
import { address } from '../support/virtual-dht.ts'

const ASKER = address('60.1.2.3', 5000)

function tokens(): Tokens {
  return new Tokens(0, dice(1), 300)
}

describe('tokens', () => {
  it('1.18 1.19 hold for ten minutes at every phase of the rotation, and no longer than fifteen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1800 }), (phase) => {
        for (const [age, isGood] of [
          [0, true],
          [299, true],
          [301, true],
          [599, true],
          [600, true],
          [901, false],
          [100_000, false],
        ] as const) {
          const own = tokens()
          own.issue(0, ASKER, INFO_HASH)
          const token = own.issue(phase * SECOND, ASKER, INFO_HASH)
          assert.equal(own.accepts((phase + age) * SECOND, ASKER, INFO_HASH, token), isGood)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('1.16 1.17 are bound to the IP and not to the port', () => {
    const own = tokens()
    const token = own.issue(0, ASKER, INFO_HASH)
    assert.equal(own.accepts(1, address('60.1.2.3', 9), INFO_HASH, token), true)
    assert.equal(own.accepts(1, address('60.1.2.4', 5000), INFO_HASH, token), false)
  })

  it('1.20 are bound to the info-hash', () => {
    const own = tokens()
    const other = INFO_HASH.slice().fill(1, 19)
    assert.equal(own.accepts(1, ASKER, other, own.issue(0, ASKER, INFO_HASH)), false)
  })

  it('1.21 of any other length or content are refused', () => {
    const own = tokens()
    const token = own.issue(0, ASKER, INFO_HASH)
    for (const length of [0, 1, 7, 9, 1000]) {
      assert.equal(own.accepts(0, ASKER, INFO_HASH, new Uint8Array(length)), false)
    }
    for (let bit = 0; bit < 64; bit++) {
      const wrong = token.slice()
      wrong[bit >> 3]! ^= 1 << (bit & 7)
      assert.equal(own.accepts(0, ASKER, INFO_HASH, wrong), false)
    }
  })

  it('survive any pause of use', () => {
    const own = tokens()
    own.issue(0, ASKER, INFO_HASH)
    const token = own.issue(1000 * MINUTE, ASKER, INFO_HASH)
    assert.equal(own.accepts(1009 * MINUTE, ASKER, INFO_HASH, token), true)
    assert.equal(own.accepts(2000 * MINUTE, ASKER, INFO_HASH, token), false)
  })

  it('1.18 1.19 hold as long for a node that began at another time than 0', () => {
    const own = new Tokens(250 * SECOND, dice(1), 300)
    const token = own.issue(260 * SECOND, ASKER, INFO_HASH)
    assert.equal(own.accepts(1149 * SECOND, ASKER, INFO_HASH, token), true)
    assert.equal(own.accepts(1150 * SECOND, ASKER, INFO_HASH, token), false)
  })

  it('do not tell for how long the node has run', () => {
    const firsts = [1, 2, 3, 4].map((seed) => new Tokens(0, dice(seed), 300).issue(0, ASKER, INFO_HASH)[0])
    assert.ok(new Set(firsts).size > 1)
  })

  it('work for sixteen-byte addresses', () => {
    const own = tokens()
    const token = own.issue(0, address('2001:db8::1'), INFO_HASH)
    assert.equal(own.accepts(0, address('2001:db8::1', 9), INFO_HASH, token), true)
    assert.equal(own.accepts(0, address('2001:db8::2'), INFO_HASH, token), false)
  })
})
