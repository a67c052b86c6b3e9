import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Deadlines } from '../../src/core/deadlines.ts'
import { NEVER } from '../../src/core/time.ts'

function drain<T>(deadlines: Deadlines<T>, now: number): T[] {
  const out: T[] = []
  for (let item = deadlines.due(now); item !== undefined; item = deadlines.due(now)) out.push(item)
  return out
}

describe('deadlines', () => {
  it('come out in order, and not before their time', () => {
    const deadlines = new Deadlines<string>()
    deadlines.set('b', 20)
    deadlines.set('a', 10)
    deadlines.set('c', 30)
    assert.equal(deadlines.next, 10)
    assert.deepEqual(drain(deadlines, 9), [])
    assert.deepEqual(drain(deadlines, 20), ['a', 'b'])
    assert.equal(deadlines.next, 30)
    assert.equal(deadlines.size, 1)
  })

  it('that are equal come out in the order in which their items were first set', () => {
    const deadlines = new Deadlines<string>()
    for (const item of ['x', 'y', 'z']) deadlines.set(item, 5)
    deadlines.set('x', 7)
    deadlines.set('x', 5)
    assert.deepEqual(drain(deadlines, 5), ['x', 'y', 'z'])
  })

  it('are taken back by NEVER and by delete', () => {
    const deadlines = new Deadlines<string>()
    deadlines.set('a', 1)
    deadlines.set('b', 2)
    deadlines.set('a', NEVER)
    deadlines.delete('b')
    deadlines.delete('nobody')
    assert.deepEqual([deadlines.size, deadlines.next], [0, NEVER])
  })

  it('behave as a sorted list does, whatever is set, moved, taken back and drained', () => {
    const step = fc.tuple(fc.constantFrom('set', 'delete', 'due'), fc.nat(12), fc.nat(30))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const deadlines = new Deadlines<number>()
        const model: { item: number; at: number; sequence: number }[] = []
        let sequence = 0
        for (const [action, item, at] of steps) {
          const index = model.findIndex((entry) => entry.item === item)
          if (action === 'set') {
            deadlines.set(item, at)
            if (index >= 0) model[index]!.at = at
            else model.push({ item, at, sequence: sequence++ })
          } else if (action === 'delete') {
            deadlines.delete(item)
            if (index >= 0) model.splice(index, 1)
          } else {
            model.sort((a, b) => a.at - b.at || a.sequence - b.sequence)
            const due = model.filter((entry) => entry.at <= at)
            assert.deepEqual(
              drain(deadlines, at),
              due.map((entry) => entry.item),
            )
            model.splice(0, due.length)
          }
          assert.equal(deadlines.size, model.length)
          assert.equal(deadlines.next, Math.min(NEVER, ...model.map((entry) => entry.at)))
        }
      }),
      { numRuns: 300 },
    )
  })
})
