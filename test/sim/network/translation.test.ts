import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Dependence, Translation, type TranslationRules } from '../../../sim/network/translation.ts'
import { type Address, parseAddress } from '../../../src/core/address.ts'

const OUTSIDE = parseAddress('128.0.0.1', 0)!
const RULES: TranslationRules = {
  mapping: 'none',
  filtering: 'none',
  timeout: 100,
  inboundRenews: false,
  preserve: true,
  firstPort: 1_024,
  ports: 64_512,
}

const inside = (host: number, port: number): Address => parseAddress(`10.0.0.${host}`, port)!
const remote = (host: number, port: number): Address => parseAddress(`20.0.0.${host}`, port)!

describe('a translator', () => {
  it('keeps the inside port where it is free, and gives another where two hosts want the same', () => {
    const table = new Translation(RULES, OUTSIDE)
    assert.equal(table.outbound(inside(1, 6_881), remote(1, 1), 0)?.text, '128.0.0.1:6881')
    const second = table.outbound(inside(2, 6_881), remote(1, 1), 0)!
    assert.ok(second.port !== 6_881)
    assert.equal(table.inbound(6_881, remote(1, 1), 0)?.text, '10.0.0.1:6881')
    assert.equal(table.inbound(second.port, remote(1, 1), 0)?.text, '10.0.0.2:6881')
  })

  it('does not keep the port when it is told so', () => {
    const table = new Translation({ ...RULES, preserve: false }, OUTSIDE)
    assert.equal(table.outbound(inside(1, 6_881), remote(1, 1), 0)?.port, 1_024)
  })

  it('gives one port per inside endpoint, per remote address, or per remote endpoint', () => {
    const ports = (mapping: Dependence): number => {
      const table = new Translation({ ...RULES, mapping }, OUTSIDE)
      const targets = [remote(1, 1), remote(1, 2), remote(2, 1), remote(2, 2)]
      return new Set(targets.map((to) => table.outbound(inside(1, 5_000), to, 0)!.port)).size
    }
    assert.deepEqual([ports('none'), ports('address'), ports('address-and-port')], [1, 2, 4])
  })

  it('lets in anybody, whose address was sent to, or whose endpoint was', () => {
    const letsIn = (filtering: Dependence): boolean[] => {
      const table = new Translation({ ...RULES, filtering }, OUTSIDE)
      table.outbound(inside(1, 5_000), remote(1, 1), 0)
      const senders = [remote(1, 1), remote(1, 2), remote(2, 1)]
      return senders.map((from) => table.inbound(5_000, from, 0) !== undefined)
    }
    assert.deepEqual(letsIn('none'), [true, true, true])
    assert.deepEqual(letsIn('address'), [true, true, false])
    assert.deepEqual(letsIn('address-and-port'), [true, false, false])
  })

  it('forgets after its time-out, which packets outwards renew, and packets inwards only where they may', () => {
    for (const inboundRenews of [false, true]) {
      const table = new Translation({ ...RULES, filtering: 'address', inboundRenews }, OUTSIDE)
      table.outbound(inside(1, 5_000), remote(1, 1), 0)
      table.outbound(inside(1, 5_000), remote(1, 1), 60)
      assert.ok(table.inbound(5_000, remote(1, 9), 159))
      assert.equal(table.inbound(5_000, remote(1, 1), 160) !== undefined, inboundRenews)
      assert.equal(table.inbound(5_000, remote(1, 1), 400), undefined)
    }
  })

  it('has no more ports than it has, and takes those that are over', () => {
    const table = new Translation({ ...RULES, ports: 3, timeout: 5_000_000 }, OUTSIDE)
    for (let host = 1; host <= 3; host++) assert.ok(table.outbound(inside(host, 6_881), remote(1, 1), host))
    assert.equal(table.outbound(inside(4, 6_881), remote(1, 1), 4), undefined)
    assert.equal(table.size, 3)
    assert.ok(table.outbound(inside(4, 6_881), remote(1, 1), 5_000_001))
    assert.equal(table.inbound(1_024, remote(1, 1), 5_000_001)?.host, '10.0.0.4')
  })

  const step = fc.record({
    wait: fc.nat(60),
    out: fc.boolean(),
    host: fc.integer({ min: 1, max: 4 }),
    port: fc.constantFrom(1_024, 1_025, 9_000),
    to: fc.integer({ min: 1, max: 3 }),
    toPort: fc.integer({ min: 1, max: 2 }),
  })
  const dependence = fc.constantFrom<Dependence>('none', 'address', 'address-and-port')

  it('never has two inside endpoints on a port, and lets in exactly what its rules allow', () => {
    fc.assert(
      fc.property(
        dependence,
        dependence,
        fc.integer({ min: 2, max: 8 }),
        fc.array(step, { maxLength: 80 }),
        (mapping, filtering, ports, steps) => {
          const table = new Translation({ ...RULES, mapping, filtering, ports }, OUTSIDE)
          /** What was sent last: by outside port, and by inside endpoint and remote. */
          const held = new Map<number, { inside: string; at: number }>()
          const sent = new Map<string, number>()
          let now = 0
          const fresh = (at: number | undefined): boolean => at !== undefined && now - at < 100
          for (const { wait, out, host, port, to, toPort } of steps) {
            now += wait
            const target = remote(to, toPort)
            if (out) {
              const own = inside(host, port)
              const outside = table.outbound(own, target, now)
              if (outside === undefined) {
                assert.ok([...held.values()].filter(({ at }) => now - at < 1_000_000).length >= ports)
                continue
              }
              const holder = held.get(outside.port)
              assert.ok(!fresh(holder?.at) || holder?.inside === own.text, 'a port is shared')
              held.set(outside.port, { inside: own.text, at: now })
              sent.set(`${own.text} ${target.text}`, now)
              sent.set(`${own.text} ${target.host}`, now)
            } else {
              const holder = held.get(port)
              const got = table.inbound(port, target, now)
              const who = filtering === 'address' ? target.host : target.text
              const allowed = filtering === 'none' || fresh(sent.get(`${holder?.inside} ${who}`))
              assert.equal(got?.text, fresh(holder?.at) && allowed ? holder?.inside : undefined)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
