import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Scheduler } from '../../../sim/engine/scheduler.ts'
import { describeEvent, Trace } from '../../../sim/engine/trace.ts'

/** Host `i % 4` hears from host 9 at time `i`, with value `10 * i`. */
function scene(): { readonly scheduler: Scheduler; readonly trace: Trace } {
  const scheduler = new Scheduler()
  const kind = scheduler.register('greeting', () => {})
  for (let i = 1; i <= 20; i++) scheduler.schedule(i, i % 4, 9, kind, 10 * i, undefined)
  return { scheduler, trace: new Trace(scheduler) }
}

describe('trace', () => {
  it('keeps nothing before it is told to follow', () => {
    const { scheduler, trace } = scene()
    scheduler.runUntil(100)
    assert.deepEqual(trace.events(), [])
  })

  it('keeps the last events of the chosen hosts with number, time, names and value', () => {
    const { scheduler, trace } = scene()
    trace.follow([1, 2], 3)
    scheduler.runUntil(100)
    assert.deepEqual(
      trace.events().map(({ number }) => number),
      [14, 17, 18],
    )
    assert.deepEqual(trace.events(2), [
      { number: 14, time: 14, source: 9, destination: 2, sequence: 13, kind: 'greeting', value: 140 },
      { number: 18, time: 18, source: 9, destination: 2, sequence: 17, kind: 'greeting', value: 180 },
    ])
  })

  it('keeps what a chosen host causes elsewhere', () => {
    const { scheduler, trace } = scene()
    trace.follow([9], 100)
    scheduler.runUntil(100)
    assert.equal(trace.events().length, 20)
  })

  it('begins anew with other hosts, and follows all unless told which', () => {
    const { scheduler, trace } = scene()
    trace.follow([1])
    scheduler.runUntil(10)
    trace.follow()
    scheduler.runUntil(13)
    assert.deepEqual(
      trace.events().map(({ number }) => number),
      [11, 12, 13],
    )
  })

  it('tells an event in a line', () => {
    const { scheduler, trace } = scene()
    trace.follow([2])
    scheduler.runUntil(2)
    assert.deepEqual(trace.events().map(describeEvent), [
      'event 2 at 0.000002 s: greeting, host 2 from host 9, value 20, number 1 of its source',
    ])
  })

  it('moves no digest', () => {
    const followed = scene()
    followed.trace.follow()
    followed.scheduler.runUntil(100)
    const plain = scene()
    plain.scheduler.runUntil(100)
    assert.equal(followed.scheduler.digest, plain.scheduler.digest)
  })
})
