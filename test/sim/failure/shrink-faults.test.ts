import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Fault } from '../../../sim/experiment/faults.ts'
import { shrinkFaults } from '../../../sim/failure/shrink-faults.ts'

const crash = (host: number, from = 0, until = 64): Fault => ({ kind: 'crash', host, from, until })

function hostsOf(faults: readonly Fault[]): number[] {
  return faults.flatMap((fault) => ('host' in fault ? [fault.host] : []))
}

describe('shrinking faults', () => {
  it('finds exactly those that a failure needs, wherever they stand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }).chain((count) => {
          const host = fc.integer({ min: 1, max: count })
          return fc.tuple(fc.constant(count), fc.uniqueArray(host, { minLength: 1, maxLength: 4 }))
        }),
        async ([count, needed]) => {
          const all = Array.from({ length: count }, (_, i) => crash(i + 1))
          const fails = (some: readonly Fault[]): boolean =>
            needed.every((host) => hostsOf(some).includes(host))
          const { faults } = await shrinkFaults(all, fails, () => true)
          assert.deepEqual(
            hostsOf(faults),
            needed.toSorted((a, b) => a - b),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  it('makes them as short as they may be', async () => {
    const covers = (some: readonly Fault[]): boolean =>
      some.some(({ from, until }) => from <= 40 && until >= 41)
    const { faults } = await shrinkFaults([crash(1, 0, 64), crash(2, 0, 10)], covers, () => true)
    assert.equal(faults.length, 1)
    assert.ok(faults[0]!.until - faults[0]!.from <= 2, JSON.stringify(faults))
  })

  it('leaves out hosts that do not matter', async () => {
    const all: Fault = { kind: 'manner', manner: 'silent', from: 0, until: 1, hosts: [1, 2, 3, 4, 5, 6, 7] }
    const fails = (some: readonly Fault[]): boolean =>
      some.some((one) => 'hosts' in one && one.hosts.includes(6))
    assert.deepEqual((await shrinkFaults([all], fails, () => true)).faults, [{ ...all, hosts: [6] }])
  })

  it('says that no fault is needed when there is a failure without', async () => {
    const always = (): boolean => true
    assert.deepEqual((await shrinkFaults([crash(1), crash(2)], always, always)).faults, [])
  })

  it('stops when it may not run any more, with something that fails', async () => {
    const all = Array.from({ length: 64 }, (_, i) => crash(i + 1))
    const fails = (some: readonly Fault[]): boolean => [7, 50].every((host) => hostsOf(some).includes(host))
    const { faults, runs } = await shrinkFaults(all, fails, (soFar) => soFar < 5)
    assert.equal(runs, 5)
    assert.ok(fails(faults))
  })
})
