import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EpochDigests } from '../../../sim/engine/epoch-digests.ts'
import { Scheduler } from '../../../sim/engine/scheduler.ts'
import { bisect, type ComparedRun, describeParting, firstDifference } from '../../../sim/failure/bisect.ts'
import { type Micros, SECOND } from '../../../src/core/time.ts'

const HOSTS = 2_500
const LENGTH = 8 * SECOND

interface Oddity {
  /** The number of the event that is spoilt. */
  readonly number: number
  readonly value?: number
  readonly delay?: number
}

/** Hosts pass a token on; `oddity` spoils what the event of one number causes. */
function prepared(oddity?: Oddity): Scheduler {
  const scheduler = new Scheduler()
  const kind = scheduler.register('token', (host, value) => {
    const spoilt = scheduler.events === oddity?.number
    const delay = 1_000 + ((value * 7_919) % 90_000) + (spoilt ? (oddity?.delay ?? 0) : 0)
    const next = ((host * 31 + value) % HOSTS) + 1
    const passed = spoilt ? (oddity?.value ?? 0) : 0
    scheduler.schedule(scheduler.now + delay, next, host, kind, value + 1 + passed, undefined)
  })
  for (let token = 0; token < 20; token++) scheduler.schedule(token, token * 100, 0, kind, token, undefined)
  return scheduler
}

function runOf(oddity?: Oddity, { length = LENGTH, cellLimit = 1_000_000 } = {}): ComparedRun {
  const scheduler = prepared(oddity)
  scheduler.epochs = new EpochDigests(cellLimit)
  scheduler.runUntil(length)
  return {
    digests: scheduler.epochs.table(),
    rerun: (from: Micros, to: Micros, show) => {
      const again = prepared(oddity)
      again.epochs = new EpochDigests(cellLimit)
      again.watch((event) => {
        if (event.time >= from && event.time < to) show({ ...event, kind: again.nameOf(event.kind) })
      })
      again.runUntil(Math.min(to - 1, length))
      return again.epochs.table()
    },
  }
}

describe('bisect', () => {
  it('finds nothing between a run and itself', () => {
    assert.equal(bisect(runOf(), runOf()), undefined)
  })

  it('finds the first event that a spoilt one caused, by value or by time', () => {
    for (const oddity of [
      { number: 900, value: 5 },
      { number: 900, delay: 3 },
    ]) {
      const parting = bisect(runOf(), runOf(oddity))!
      const { left, right, agreed, epoch } = parting
      assert.equal(left!.number, agreed!.number + 1)
      assert.equal(right!.number, left!.number)
      assert.ok(agreed!.number >= 900, 'the spoilt event itself is still the same on both sides')
      assert.ok(left!.number < 950)
      assert.ok(left!.time >= epoch.fromSecond * SECOND && left!.time < epoch.toSecond * SECOND)
      const [headline, ...events] = describeParting(parting)
      assert.match(headline!, /part between second \d+ and \d+/)
      assert.equal(events.length, 3)
      assert.match(
        events[1]!,
        new RegExp(`left: {2}event ${left!.number} at .* s: token, host ${left!.destination}`),
      )
    }
  })

  it('names the group of hosts in which the epoch differs', () => {
    const parting = bisect(runOf(), runOf({ number: 900, value: 5 }))!
    const { firstHost, lastHost } = parting.epoch
    assert.equal((lastHost + 1) % 1_024, 0)
    assert.equal(lastHost - firstHost, 1_023)
  })

  it('finds the end of the shorter of two runs that agree as far as it goes', () => {
    const { left, right, epoch } = bisect(runOf(), runOf(undefined, { length: 3.5 * SECOND }))!
    assert.equal(epoch.fromSecond, 3)
    assert.ok(left!.time > 3.5 * SECOND)
    assert.equal(right, undefined)
  })

  it('compares runs of which one kept coarser epochs', () => {
    const coarse = runOf(undefined, { cellLimit: 8 })
    assert.ok(coarse.digests.epochSeconds > 1)
    assert.equal(firstDifference(runOf().digests, coarse.digests), undefined)
    assert.equal(firstDifference(coarse.digests, runOf().digests), undefined)
    const { left, right } = bisect(runOf({ number: 900, value: 5 }), coarse)!
    assert.equal(left!.number, right!.number)
  })

  it('says so when the difference does not come again', () => {
    const left = runOf()
    const parting = bisect(left, { ...left, digests: runOf({ number: 900, value: 5 }).digests })!
    assert.equal(parting.left, undefined)
    assert.equal(parting.right, undefined)
    assert.deepEqual(parting.strayed, [{ side: 'right', fromSecond: parting.epoch.fromSecond }])
    assert.match(describeParting(parting).at(-1)!, /something outside the run/)
  })

  it('reports no parting when a run that is played again is another than its record tells', () => {
    const [spoilt, early] = [runOf({ number: 900, value: 5 }), runOf({ number: 200, value: 5 })]
    // Since the records were made, something has changed that shows before the second in which they part.
    for (const [left, right, sides] of [
      [{ ...runOf(), rerun: early.rerun }, spoilt, ['left']],
      [runOf(), { ...spoilt, rerun: early.rerun }, ['right']],
      [{ ...runOf(), rerun: early.rerun }, { ...spoilt, rerun: early.rerun }, ['left', 'right']],
    ] as const) {
      const parting = bisect(left, right)!
      assert.deepEqual(
        parting.strayed.map(({ side }) => side),
        sides,
      )
      assert.ok(parting.strayed.every(({ fromSecond }) => fromSecond <= parting.epoch.fromSecond))
      assert.deepEqual([parting.agreed, parting.left, parting.right], [undefined, undefined, undefined])
      const [headline, ...lines] = describeParting(parting)
      assert.match(headline!, /part between second/)
      assert.deepEqual(
        lines.map(
          (line) => / the (\w+) run is another from second \d+ on: the code has changed/.exec(line)?.[1],
        ),
        sides,
      )
    }
    const late = { ...runOf(), rerun: runOf({ number: 1_500, value: 5 }).rerun }
    assert.deepEqual(bisect(late, spoilt)!.strayed, [], 'what is after the parting does not matter')
  })
})
