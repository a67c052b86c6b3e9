import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../../sim/engine/rng.ts'
import { LATENCIES, Latency, type Placed } from '../../../sim/network/latency.ts'

const PAIRS = 20_000

function places(latency: Latency, count: number): Placed[] {
  return Array.from({ length: count }, (_, i) => {
    return { index: i + 1, position: latency.placeAtRandom(streamFor(7, i + 1, 'place')) }
  })
}

/** Round trips of all kinds of pairs, in milliseconds, sorted. */
function roundTrips(latency: Latency, way: (a: Placed, b: Placed) => number): number[] {
  const all = places(latency, 2 * PAIRS)
  const times = Array.from({ length: PAIRS }, (_, i) => {
    const a = all[i]!
    const b = all[PAIRS + i]!
    return (way(a, b) + way(b, a)) / 1_000
  })
  return times.sort((a, b) => a - b)
}

/** CAIDA Archipelago: means over seven monitors of the percentiles of round trips to all responding IPv4 destinations. */
const MEASURED: readonly (readonly [share: number, milliseconds: number])[] = [
  [0.1, 46.5],
  [0.25, 87.3],
  [0.5, 163.2],
  [0.75, 242.3],
  [0.9, 289.7],
]

describe('latency in the world', () => {
  const latency = new Latency(LATENCIES.world)

  it('has the percentiles that Archipelago measured, within 7 %', (test) => {
    const times = roundTrips(latency, (a, b) => latency.between(a, b))
    for (const [share, measured] of MEASURED) {
      const ours = times[Math.floor(share * PAIRS)]!
      test.diagnostic(`${share * 100} %: ${ours.toFixed(1)} ms, measured ${measured} ms`)
      assert.ok(Math.abs(ours / measured - 1) <= 0.07, `${share}: ${ours} against ${measured}`)
    }
  })

  it('has with its jitter the mean of the King measurements, 180 ms, within 5 %', (test) => {
    const noise = streamFor(7, 0, 'noise')
    const times = roundTrips(latency, (a, b) => latency.ofPacket(a, b, noise))
    const mean = times.reduce((sum, time) => sum + time, 0) / PAIRS
    test.diagnostic(`mean ${mean.toFixed(1)} ms`)
    assert.ok(Math.abs(mean / 180 - 1) <= 0.05, `${mean}`)
  })

  it('is a whole number of microseconds, the same both ways and each time, and jitters only upwards', () => {
    const all = places(latency, 200)
    const noise = streamFor(7, 0, 'noise')
    for (let i = 1; i < all.length; i++) {
      const [a, b] = [all[i - 1]!, all[i]!]
      const delay = latency.between(a, b)
      assert.ok(Number.isSafeInteger(delay) && delay > 0)
      assert.equal(latency.between(b, a), delay)
      const packet = latency.ofPacket(a, b, noise)
      assert.ok(Number.isSafeInteger(packet) && packet >= delay && packet <= delay * 1.2)
    }
  })

  it('has a detour of its own for each pair, of at most its share of the line', () => {
    const straight = new Latency({ ...LATENCIES.world, detour: 0 })
    const all = places(latency, 300)
    const shares = all.slice(1).map((b) => {
      const heights = all[0]!.position.height + b.position.height
      return (latency.between(all[0]!, b) - heights) / (straight.between(all[0]!, b) - heights) - 1
    })
    assert.ok(Math.max(...shares) > 0.1 && Math.min(...shares) < -0.1)
    for (const share of shares) assert.ok(Math.abs(share) < 0.151)
  })
})

describe('latency on one switch', () => {
  it('is a few tenths of a millisecond', () => {
    const latency = new Latency(LATENCIES.lan)
    const times = roundTrips(latency, (a, b) => latency.between(a, b))
    assert.ok(times[0]! >= 0.2 && times.at(-1)! <= 0.6)
  })
})
