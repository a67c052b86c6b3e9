import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Job } from '../../../sim/sweep/job.ts'
import { Placement } from '../../../sim/sweep/placement.ts'

const nothing = (): undefined => undefined

function job(nodes: number, seed = 1): Job {
  return { identity: `${nodes}/${seed}`, scenario: 'some', values: { nodes }, seed, copy: 0 }
}

describe('the places for runs', () => {
  it('begin with one run alone in a process, which tells what its setting takes', () => {
    const placement = new Placement(4, 8_000, nothing)
    const first = placement.take(job(8), false)!
    assert.deepEqual(first, { kind: 'process', miB: 8_000 })
    assert.equal(placement.take(job(8, 2), false), undefined)
    placement.learn(job(8), 100)
    placement.giveBack(first)
    for (let seed = 2; seed <= 5; seed++) {
      assert.deepEqual(placement.take(job(8, seed), false), { kind: 'thread', miB: 100 })
    }
    assert.equal(placement.take(job(8, 6), false), undefined, 'there are four places')
  })

  it('measure each setting, which until then counts as much as any so far', () => {
    const placement = new Placement(9, 8_000, nothing)
    placement.giveBack(placement.take(job(8), false)!)
    placement.learn(job(8), 3_000)
    assert.deepEqual(placement.take(job(8, 2), false), { kind: 'process', miB: 3_000 })
    assert.deepEqual(placement.take(job(16), false), { kind: 'process', miB: 3_000 })
    assert.equal(placement.take(job(16, 2), false), undefined, 'the memory is given away')
  })

  it('go by what a scenario declares, and measure nothing then', () => {
    const placement = new Placement(9, 8_000, ({ values }) => values['nodes'])
    assert.deepEqual(placement.take(job(500), false), { kind: 'thread', miB: 500 })
    assert.deepEqual(placement.take(job(2_000), false), { kind: 'process', miB: 2_000 })
    assert.equal(placement.take(job(9_000), false), undefined)
  })

  it('are one, with all the memory, for a run that has crashed and for one that is too large', () => {
    const placement = new Placement(9, 8_000, ({ values }) => values['nodes'])
    const small = placement.take(job(10), false)!
    assert.equal(placement.take(job(10, 2), true), undefined)
    assert.equal(placement.take(job(50_000), false), undefined)
    placement.giveBack(small)
    const alone = placement.take(job(10, 2), true)!
    assert.deepEqual(alone, { kind: 'process', miB: 8_000 })
    placement.giveBack(alone)
    assert.deepEqual(placement.take(job(50_000), false), { kind: 'process', miB: 8_000 })
  })
})
