import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type EventSlot, type QueueName, Scheduler } from '../../../sim/engine/scheduler.ts'

const QUEUES: readonly QueueName[] = ['heap', 'wheel']

interface Pending {
  readonly id: number
  readonly slot: EventSlot
  readonly destination: number
  readonly source: number
  readonly sequence: number
  at: number
}

/** From within a tick to beyond the slowest wheel's turn; some so often that many events share a spoke. */
const distance = fc.oneof(
  fc.constantFrom(1_000, 10_000_000, 100_000_000_000),
  fc.nat(3),
  fc.nat(2_000),
  fc.nat(200_000),
  fc.nat(20_000_000),
  fc.nat(2_000_000_000).map((n) => n * 100),
)

const commands = fc.array(
  fc.record({
    act: fc.constantFrom('schedule', 'schedule', 'schedule', 'move', 'cancel', 'step', 'step', 'until'),
    pick: fc.nat(1_000),
    distance,
    destination: fc.integer({ min: 0, max: 2 }),
    source: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 200 },
)

type Commands = typeof commands extends fc.Arbitrary<infer T> ? T : never

/** Plays the commands against a scheduler with `queue` and against a sorted array; gives the order that came out. */
function played(queue: QueueName, list: Commands): { readonly order: number[]; readonly digest: string } {
  const scheduler = new Scheduler(queue)
  const order: number[] = []
  const kind = scheduler.register('event', (_destination, value, subject) => {
    assert.equal(subject, `event ${value}`)
    order.push(value)
  })
  const counts = [0, 0, 0]
  let model: Pending[] = []
  let expected = 0
  const expectFirst = (until: number, peek: boolean): boolean => {
    model.sort(
      (a, b) =>
        a.at - b.at || a.destination - b.destination || a.source - b.source || a.sequence - b.sequence,
    )
    const first = model[0]
    // To ask turns a wheel, so it is not always asked.
    if (peek) assert.equal(scheduler.next, first?.at ?? Number.POSITIVE_INFINITY)
    const due = first !== undefined && first.at <= until
    assert.equal(scheduler.step(until), due)
    if (!due) return false
    expected += 1
    assert.equal(order.at(-1), first.id)
    assert.equal(scheduler.now, first.at)
    assert.equal(scheduler.events, expected)
    model = model.filter((event) => event !== first)
    return true
  }
  list.forEach(({ act, pick, distance, destination, source }, id) => {
    const at = scheduler.now + distance
    const chosen = model[pick % Math.max(1, model.length)]
    if (act === 'schedule') {
      const slot = scheduler.schedule(at, destination, source, kind, id, `event ${id}`)
      model.push({ id, slot, destination, source, sequence: counts[source]!++, at })
    } else if (act === 'move' && chosen !== undefined) {
      scheduler.move(chosen.slot, at)
      chosen.at = at
    } else if (act === 'cancel' && chosen !== undefined) {
      scheduler.cancel(chosen.slot)
      model = model.filter((event) => event !== chosen)
    } else if (act === 'step') expectFirst(Number.POSITIVE_INFINITY, pick % 3 === 0)
    else if (act === 'until') {
      while (expectFirst(at, pick % 3 === 0));
      scheduler.runUntil(at)
      assert.equal(scheduler.now, at)
    }
    assert.equal(scheduler.pending, model.length)
  })
  while (expectFirst(Number.POSITIVE_INFINITY, true));
  return { order, digest: scheduler.digest }
}

describe('event queues', () => {
  it('give the order of a sorted array, and all the same digest, whatever is moved and cancelled', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const [first, ...others] = QUEUES.map((queue) => played(queue, list))
        for (const other of others) assert.deepEqual(other, first)
      }),
      { numRuns: 600 },
    )
  })

  it('hold many more events than they began with room for', () => {
    for (const queue of QUEUES) {
      const scheduler = new Scheduler(queue)
      let last = -1
      const kind = scheduler.register('event', () => {
        assert.ok(scheduler.now >= last)
        last = scheduler.now
      })
      for (let i = 0; i < 20_000; i++) {
        scheduler.schedule((i * 7_919_357) % 100_000_007, i % 5_000, i % 300, kind, i, undefined)
      }
      scheduler.runUntil(100_000_007)
      assert.equal(scheduler.events, 20_000)
      assert.equal(scheduler.pending, 0)
    }
  })

  it('refuse a time that never comes in the wheel, where it would lie for ever', () => {
    const scheduler = new Scheduler('wheel')
    const kind = scheduler.register('event', () => {})
    assert.throws(() => scheduler.schedule(Number.POSITIVE_INFINITY, 1, 1, kind, 0, undefined))
    assert.throws(() => scheduler.schedule(2 ** 54, 1, 1, kind, 0, undefined))
  })
})
