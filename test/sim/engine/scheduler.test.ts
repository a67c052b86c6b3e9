import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Scheduler } from '../../../sim/engine/scheduler.ts'

interface Event {
  readonly at: number
  readonly destination: number
  readonly source: number
}

const events = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 20 }),
    destination: fc.integer({ min: 0, max: 3 }),
    source: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 200 },
)

function drained(fill: (scheduler: Scheduler, kind: number) => void): { order: unknown[]; digest: string } {
  const scheduler = new Scheduler()
  const order: unknown[] = []
  const kind = scheduler.register('event', (_destination, _value, subject) => order.push(subject))
  fill(scheduler, kind)
  scheduler.runUntil(1_000)
  return { order, digest: scheduler.digest }
}

describe('scheduler', () => {
  it('dispatches by time, then destination, then source, then the order in which a source scheduled', () => {
    fc.assert(
      fc.property(events, (list: Event[]) => {
        const numbered = list.map((event, number) => ({ ...event, number }))
        const expected = numbered.toSorted(
          (a, b) =>
            a.at - b.at || a.destination - b.destination || a.source - b.source || a.number - b.number,
        )
        const { order } = drained((scheduler, kind) => {
          for (const event of numbered) {
            scheduler.schedule(event.at, event.destination, event.source, kind, 0, event.number)
          }
        })
        assert.deepEqual(
          order,
          expected.map(({ number }) => number),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('gives one order and one digest however the events of different sources were interleaved', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.integer({ min: 0, max: 1_000 })), (list: Event[], draws) => {
        const perSource = [0, 1, 2, 3].map((source) => list.filter((event) => event.source === source))
        const straight = drained((scheduler, kind) => {
          for (const { at, destination, source } of perSource.flat()) {
            scheduler.schedule(at, destination, source, kind, 7, `${at}/${destination}/${source}`)
          }
        })
        const mixed = drained((scheduler, kind) => {
          const queues = perSource.map((queue) => [...queue])
          for (let left = list.length; left > 0; left--) {
            const waiting = queues.filter((queue) => queue.length > 0)
            const { at, destination, source } = waiting[draws.next().value % waiting.length]!.shift()!
            scheduler.schedule(at, destination, source, kind, 7, `${at}/${destination}/${source}`)
          }
        })
        assert.deepEqual(mixed, straight)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps its order when pending events are moved and cancelled in between', () => {
    const commands = fc.array(
      fc.record({
        act: fc.constantFrom('schedule', 'schedule', 'move', 'cancel', 'step'),
        pick: fc.nat(1_000),
        at: fc.nat(50),
      }),
      { maxLength: 300 },
    )
    fc.assert(
      fc.property(commands, (list) => {
        const scheduler = new Scheduler()
        let dispatched = -1
        const kind = scheduler.register(
          'event',
          (_destination, _value, subject) => (dispatched = subject as number),
        )
        let model: { id: number; slot: number; at: number }[] = []
        let next = 0
        for (const { act, pick, at } of list) {
          const chosen = model[pick % Math.max(1, model.length)]
          if (act === 'schedule') {
            const time = Math.max(at, scheduler.now)
            model.push({ id: next, slot: scheduler.schedule(at, 1, 1, kind, 0, next), at: time })
            next += 1
          } else if (act === 'move' && chosen !== undefined) {
            scheduler.move(chosen.slot, at)
            chosen.at = Math.max(at, scheduler.now)
          } else if (act === 'cancel' && chosen !== undefined) {
            scheduler.cancel(chosen.slot)
            model = model.filter((event) => event !== chosen)
          } else if (act === 'step' && scheduler.step()) {
            const first = model.toSorted((a, b) => a.at - b.at || a.id - b.id)[0]!
            assert.equal(dispatched, first.id)
            assert.equal(scheduler.now, first.at)
            model = model.filter((event) => event !== first)
          }
          assert.equal(scheduler.pending, model.length)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('has another digest when a time, a destination, a source, a kind, a value or the order differs', () => {
    const digestOf = (
      at: number,
      destination: number,
      source: number,
      extra: number,
      value: number,
    ): string =>
      drained((scheduler, kind) => {
        const other = scheduler.register('event', () => {})
        scheduler.schedule(at, destination, source, extra === 0 ? kind : other, value, 0)
        scheduler.schedule(3, 1, 1, kind, 0, 0)
      }).digest
    const digests = [
      digestOf(2, 1, 1, 0, 0),
      digestOf(1, 1, 1, 0, 0),
      digestOf(2, 2, 1, 0, 0),
      digestOf(2, 1, 2, 0, 0),
      digestOf(2, 1, 1, 1, 0),
      digestOf(2, 1, 1, 0, 1),
    ]
    assert.equal(new Set(digests).size, digests.length)
    assert.match(digests[0]!, /^[0-9a-f]{16}$/)
  })

  it('stops at the time it was told and stands there', () => {
    const scheduler = new Scheduler()
    const seen: number[] = []
    const kind = scheduler.register('event', () => seen.push(scheduler.now))
    for (const at of [10, 20, 30]) scheduler.schedule(at, 1, 1, kind, 0, undefined)
    scheduler.runUntil(20)
    assert.deepEqual(seen, [10, 20])
    assert.equal(scheduler.now, 20)
    assert.equal(scheduler.next, 30)
    scheduler.runUntil(25)
    assert.equal(scheduler.now, 25)
  })

  it('dispatches nothing after the event of the number it was told, and its clock stands there', () => {
    const scheduler = new Scheduler()
    const seen: number[] = []
    const kind = scheduler.register('event', () => seen.push(scheduler.events))
    for (const at of [10, 20, 30]) scheduler.schedule(at, 1, 1, kind, 0, undefined)
    scheduler.lastEvent = 2
    scheduler.runUntil(100)
    scheduler.runUntil(200)
    assert.deepEqual(seen, [1, 2])
    assert.equal(scheduler.now, 20)
    scheduler.lastEvent = 3
    scheduler.runUntil(200)
    assert.deepEqual(seen, [1, 2, 3])
  })

  it('shows every event to its listeners before it happens, until they have seen enough', () => {
    const scheduler = new Scheduler()
    const log: string[] = []
    const kind = scheduler.register('event', (_destination, value) => log.push(`done ${value}`))
    for (const at of [10, 20, 30]) scheduler.schedule(at, 4, 2, kind, at, undefined)
    const stop = scheduler.watch(({ number, time, destination, source, sequence, value }) => {
      log.push([number, time, destination, source, sequence, value].join())
    })
    const stopOther = scheduler.watch(({ number }) => log.push(`also ${number}`))
    scheduler.runUntil(10)
    stop()
    scheduler.runUntil(20)
    stopOther()
    scheduler.runUntil(30)
    assert.deepEqual(log, ['1,10,4,2,0,10', 'also 1', 'done 10', 'also 2', 'done 20', 'done 30'])
    assert.equal(scheduler.nameOf(kind), 'event')
  })

  it('lets an event that is scheduled for the past happen now', () => {
    const scheduler = new Scheduler()
    const seen: number[] = []
    const kind = scheduler.register('event', (_destination, value) => {
      seen.push(scheduler.now)
      if (value === 1) scheduler.schedule(3, 1, 1, kind, 2, undefined)
    })
    scheduler.schedule(5, 1, 1, kind, 1, undefined)
    scheduler.runUntil(9)
    assert.deepEqual(seen, [5, 5])
  })
})
