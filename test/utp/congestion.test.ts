import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MILLISECOND, MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import { Congestion } from '../../src/utp/congestion.ts'
import { Flight } from '../../src/utp/flight.ts'
import { QueueFall } from '../../src/utp/queue-fall.ts'
import { QueueingDelay } from '../../src/utp/queueing-delay.ts'
import { RoundTrip } from '../../src/utp/round-trip.ts'

const PACKET = 1_000
const WAY = 50 * MILLISECOND
const ms = (value: number): Micros => value * MILLISECOND

describe('how long packets wait in queues', () => {
  it('is what the least of the last four is above the least of all, whatever the clocks', () => {
    for (const clock of [0, 0xffff_ff00, 0x7fff_ffff]) {
      const delay = new QueueingDelay()
      const say = (at: number, wait: number): Micros | undefined => {
        delay.sample(ms(at), (clock + ms(wait)) >>> 0, SECOND)
        return delay.current
      }
      assert.equal(delay.current, undefined)
      const waits = [7, 5, 30, 30, 30, 30, 40, 6].map((wait, i) => say(i, wait))
      assert.deepEqual(waits, [0, 0, 0, 0, 0, ms(25), ms(25), ms(1)])
    }
  })

  it('leaves out of the last four what is older than a round trip', () => {
    const delay = new QueueingDelay()
    delay.sample(0, 1_000, WAY)
    delay.sample(ms(10), 1_000, WAY)
    delay.sample(ms(59), 1_000 + ms(30), WAY)
    assert.equal(delay.current, 0)
    delay.sample(ms(60), 1_000 + ms(31), WAY)
    assert.equal(delay.current, ms(30))
  })

  it('forgets what came before a cut, and the shortest way after five minutes', () => {
    const delay = new QueueingDelay()
    delay.forgetEarlier()
    assert.equal(delay.current, undefined)
    delay.sample(0, 1_000, WAY)
    delay.sample(1, 1_000 + ms(9), WAY)
    assert.equal(delay.current, 0)
    delay.forgetEarlier()
    assert.equal(delay.current, ms(9))
    const after = (minutes: number): Micros | undefined => {
      delay.sample(minutes * MINUTE, 1_000 + ms(20), WAY)
      return delay.current
    }
    assert.deepEqual([1, 2, 3, 4, 5].map(after), [ms(20), ms(20), ms(20), ms(20), 0])
  })
})

/** A flight of which a packet leaves and arrives at a time. */
class Rounds {
  readonly flight = new Flight(1)
  readonly fall = new QueueFall()

  /** A round trip in which packets wait so; whether the queue was seen to fall. */
  pass(waits: readonly number[], limited = true): boolean {
    const first = this.flight.turns
    let fell = false
    for (let i = 0; i < waits.length; i++) this.flight.send(0, 0, 1, false)
    for (const [i, wait] of waits.entries()) {
      this.flight.acknowledge(0, (first + 1 + i) & 0xffff, 0)
      fell = this.fall.look(ms(wait), this.flight, limited) || fell
    }
    return fell
  }
}

describe('a queue that others have let go', () => {
  const high = [60, 62, 61]

  /** Past the round trips in which a fall is our own doing. */
  function calm(): Rounds {
    const rounds = new Rounds()
    for (let i = 0; i < 4; i++) assert.equal(rounds.pass([90, 30]), false)
    for (let i = 0; i < 3; i++) assert.equal(rounds.pass(high), false)
    return rounds
  }

  it('is seen when a whole round trip lies 9 ms below a whole one before', () => {
    const rounds = calm()
    assert.equal(rounds.fall.peak, ms(60))
    assert.equal(rounds.pass([40, 52, 45]), false)
    assert.equal(rounds.pass([40, 51, 45]), false)
    // A round trip ends with the first packet of the next.
    assert.equal(rounds.pass([45]), true)
  })

  it('is not ours to see soon after a cut of our own, nor while we do not send all that we may', () => {
    const rounds = calm()
    rounds.fall.restart()
    assert.equal(rounds.fall.peak, 0)
    assert.deepEqual(
      [high, high, [10, 10], [10, 10]].map((waits) => rounds.pass(waits)),
      [false, false, false, false],
    )
    assert.equal(rounds.pass([5]), false)
    // From the fifth round trip on it counts.
    assert.equal(rounds.fall.peak, ms(5))
    rounds.pass([6, 40])
    rounds.pass([50])
    assert.equal(rounds.fall.peak, ms(40))
    const idle = calm()
    assert.equal(idle.pass([10], false), false)
    assert.equal(idle.pass([10, 10]), false)
  })

  it('is not taken for seen where delays only vary', () => {
    const waits = fc.array(fc.array(fc.nat(40), { minLength: 2, maxLength: 12 }), { maxLength: 40 })
    fc.assert(
      fc.property(waits, (trips) => {
        const rounds = new Rounds()
        // Each has one that waits long and one that does not.
        for (const trip of trips) assert.equal(rounds.pass([...trip, 3, 37]), false)
      }),
      { numRuns: 200 },
    )
  })
})

/** A sender of one flow on a way of 50 ms, and what it is told. */
class Sender {
  readonly congestion = new Congestion(PACKET)
  readonly flight = new Flight(1)
  readonly delay = new QueueingDelay()
  readonly trips = new RoundTrip()
  #now = 0

  constructor() {
    this.trips.sample(WAY)
    this.delay.sample(0, 1, WAY)
  }

  get packets(): number {
    return this.congestion.window / PACKET
  }

  /** A window of packets leaves and comes, each after a wait of so many milliseconds. */
  round(wait: number, limited = true): void {
    const count = Math.max(1, Math.floor(this.packets))
    const first = this.flight.next
    for (let i = 0; i < count; i++) this.flight.send(this.#now, 0, PACKET, false)
    this.#now += WAY + ms(wait)
    for (let i = 0; i < count; i++) {
      this.flight.begin()
      this.flight.acknowledge(this.#now, (first + i) & 0xffff, 0)
      this.trips.sample(WAY + ms(wait))
      this.delay.sample(this.#now, 1 + ms(wait), this.trips.mean)
      this.congestion.arrived(PACKET, this.flight, this.delay, this.trips, limited)
    }
  }

  /** Grows to `packets` and out of slow start. */
  grown(packets: number): this {
    while (this.packets < packets) this.round(0)
    this.congestion.lost(this.flight.turns, this.flight.turns)
    assert.ok(this.packets >= packets / 2)
    return this
  }
}

describe('the window of a flow', () => {
  it('doubles each round trip until there is a queue, then grows as that of TCP', () => {
    const sender = new Sender()
    assert.equal(sender.packets, 4)
    sender.round(0)
    assert.equal(sender.packets, 8)
    sender.round(18)
    assert.equal(sender.packets, 16)
    for (let i = 0; i < 3; i++) sender.round(20)
    const before = sender.packets
    sender.round(0)
    assert.ok(sender.packets > before + 0.9 && sender.packets <= before + 1, `${before} ${sender.packets}`)
  })

  it('does not grow while it is not what holds us back, nor above 1 MiB', () => {
    const sender = new Sender()
    sender.round(0, false)
    assert.equal(sender.packets, 4)
    for (let i = 0; i < 12; i++) sender.round(0)
    assert.equal(sender.congestion.window, 1024 * 1024)
  })

  it('grows the slower near the target the smaller it is', () => {
    for (const [packets, least, most] of [
      [8, 0.45, 0.6],
      [200, 0.9, 1],
    ] as const) {
      const sender = new Sender().grown(2 * packets)
      const before = sender.packets
      sender.round(74)
      const grown = sender.packets - before
      // The mean round trip, which bounds what is believed of the queue, has just begun to rise.
      assert.ok(grown > least && grown < most, `${packets}: ${grown}`)
    }
  })

  it('is cut at the target to three quarters of what the empty way holds, once a round trip', () => {
    const sender = new Sender().grown(80)
    for (let i = 0; i < 8; i++) sender.round(70)
    const before = sender.packets
    sender.round(100)
    const share = sender.packets / before
    assert.ok(share > 0.24 && share < 0.27, `${share}`)
    // What was sent before the cut says nothing of it.
    const cut = sender.packets
    sender.round(0)
    assert.ok(sender.packets >= cut)
  })

  it('is cut when others have cut theirs, though the target was not seen', () => {
    const sender = new Sender().grown(80)
    for (let i = 0; i < 8; i++) sender.round(40)
    const before = sender.packets
    for (let i = 0; i < 2; i++) sender.round(20)
    const share = sender.packets / before
    assert.ok(share > 0.4 && share < 0.46, `${share}`)
  })

  it('is never less than a packet, of the size that packets have', () => {
    const sender = new Sender()
    for (let i = 0; i < 60; i++) sender.round(300)
    assert.equal(sender.packets, 1)
    sender.congestion.resize(3 * PACKET)
    assert.equal(sender.packets, 3)
    sender.congestion.resize(PACKET)
    assert.equal(sender.packets, 3)
  })

  it('is halved once for all losses of a round trip, and is one packet after a time-out', () => {
    const { congestion } = new Sender()
    congestion.window = 64 * PACKET
    assert.equal(congestion.lost(3, 40), true)
    assert.equal(congestion.window, 32 * PACKET)
    assert.equal(congestion.lost(39, 60), false)
    assert.equal(congestion.window, 32 * PACKET)
    assert.equal(congestion.lost(40, 60), true)
    assert.equal(congestion.window, 16 * PACKET)
    congestion.timedOut(80)
    assert.equal(congestion.window, PACKET)
    assert.equal(congestion.lost(79, 90), false)
    assert.equal(congestion.lost(80, 90), true)
  })

  it('doubles after a time-out up to half of what it was', () => {
    const sender = new Sender()
    for (let i = 0; i < 4; i++) sender.round(0)
    assert.equal(sender.packets, 64)
    sender.congestion.timedOut(sender.flight.turns)
    const seen = Array.from({ length: 6 }, () => {
      sender.round(0)
      return Math.floor(sender.packets)
    })
    assert.deepEqual(seen, [2, 4, 8, 16, 32, 32])
  })
})
