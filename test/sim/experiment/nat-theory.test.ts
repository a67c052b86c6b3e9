import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type NatKind, NatTheory } from '../../../sim/experiment/nat-theory.ts'

/** As they were called before RFC 4787. */
const KINDS: Readonly<Record<string, NatKind | undefined>> = {
  open: undefined,
  'full cone': { mapping: 'none', filtering: 'none' },
  'restricted cone': { mapping: 'none', filtering: 'address' },
  'port restricted cone': { mapping: 'none', filtering: 'address-and-port' },
  symmetric: { mapping: 'address-and-port', filtering: 'address-and-port' },
}

describe('what the rules of two translators let through', () => {
  it('is, by hole punching, what the field has known since STUN: all but the symmetric with itself and with the port restricted', () => {
    const names = Object.keys(KINDS)
    const failing = names.flatMap((one) =>
      names
        .filter((other) => !new NatTheory(KINDS[one], KINDS[other]).punches)
        .map((other) => `${one}, ${other}`),
    )
    assert.deepEqual(failing, [
      'port restricted cone, symmetric',
      'symmetric, port restricted cone',
      'symmetric, symmetric',
    ])
  })

  it('is, by a dial alone, what comes to who is open or behind a full cone', () => {
    for (const target of Object.keys(KINDS))
      for (const caller of Object.values(KINDS))
        assert.equal(
          new NatTheory(caller, KINDS[target]).reaches,
          target === 'open' || target === 'full cone',
          target,
        )
  })
})
