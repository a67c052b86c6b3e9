import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { churn, staysOf } from '../../../sim/hosts/churn.ts'
import { CHURN_PROFILES, type ChurnProfile, stretched } from '../../../sim/hosts/churn-profiles.ts'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import { MINUTE, SECOND } from '../../../src/core/time.ts'

const HOUR = 60 * MINUTE

/** The greatest distance between the distribution of `values` and `cdf` (Kolmogorov and Smirnov). */
function distance(values: readonly number[], cdf: (value: number) => number): number {
  const sorted = values.toSorted((a, b) => a - b)
  let most = 0
  sorted.forEach((value, i) => {
    const expected = cdf(value)
    most = Math.max(most, expected - i / sorted.length, (i + 1) / sorted.length - expected)
  })
  return most
}

function weibullCdf({ session: { scale, shape } }: ChurnProfile): (value: number) => number {
  return (value) => 1 - Math.exp(-((value / scale) ** shape))
}

/** How much of a session that is under way lies ahead, or behind: the integral of P(X > x) over its mean, by the midpoint rule. */
function residualCdf(profile: ChurnProfile): (value: number) => number {
  const cdf = weibullCdf(profile)
  const { scale, shape } = profile.session
  // Steps that grow with x, up to where exp(-45) of the sessions are left.
  const most = scale * 45 ** (1 / shape)
  const steps = 20_000
  const at = (i: number): number => most * (i / steps) ** 4
  const sums = [0]
  for (let i = 1; i <= steps; i++) {
    sums.push(sums[i - 1]! + (1 - cdf((at(i) + at(i - 1)) / 2)) * (at(i) - at(i - 1)))
  }
  return (value) => sums[Math.min(steps, Math.floor(steps * (value / most) ** 0.25))]! / sums.at(-1)!
}

/** The first session that begins after the start, of each of `count` hosts. */
function freshSessions(profile: ChurnProfile, count: number): number[] {
  const lengths: number[] = []
  for (let host = 1; lengths.length < count; host++) {
    for (const { up, age, length } of staysOf(7, host, profile)) {
      if (!up || age > 0) continue
      lengths.push(length)
      break
    }
  }
  return lengths
}

describe('churn', () => {
  for (const [name, profile] of Object.entries(CHURN_PROFILES)) {
    it(`c.4 c.5 c.6: sessions of ${name} are distributed as the fit says (KS below 0.02)`, () => {
      const far = distance(freshSessions(profile, 10_000), weibullCdf(profile))
      assert.ok(far < 0.02, `${far}`)
    })
  }

  it('has the medians that its sources tell', () => {
    const median = (profile: ChurnProfile): number =>
      freshSessions(profile, 10_001).toSorted((a, b) => a - b)[5_000]!
    const kit = median(CHURN_PROFILES.kit) / MINUTE
    assert.ok(kit > 138 && kit < 152, `${kit} min`)
    const mainline = freshSessions(CHURN_PROFILES.mainline, 10_000)
    const share = (minutes: number): number =>
      mainline.filter((length) => length > minutes * MINUTE).length / 10_000
    assert.ok(Math.abs(share(200) - 0.5) < 0.02, `${share(200)}`)
    assert.ok(Math.abs(share(9_000) - 0.03) < 0.006, `${share(9_000)}`)
  })

  it('meets sessions that are under way: their age and their rest are those of a stationary process', () => {
    for (const profile of [CHURN_PROFILES.kit, CHURN_PROFILES.redHat]) {
      const ages: number[] = []
      const rests: number[] = []
      for (let host = 1; host <= 20_000; host++) {
        const { up, age, length } = staysOf(3, host, profile).next().value
        if (!up) continue
        ages.push(age)
        rests.push(length)
      }
      assert.ok(Math.abs(ages.length / 20_000 - 0.5) < 0.02, 'half of them are up')
      const cdf = residualCdf(profile)
      assert.ok(distance(ages, cdf) < 0.02, `ages ${distance(ages, cdf)}`)
      assert.ok(distance(rests, cdf) < 0.02, `rests ${distance(rests, cdf)}`)
    }
  })

  it('keeps the population and the deaths an hour constant from the start', () => {
    const hosts = 10_000
    const hours = 6
    const deaths = new Array<number>(hours).fill(0)
    const population = new Array<number>(hours).fill(0)
    for (let host = 1; host <= hosts; host++) {
      let now = 0
      for (const { up, length } of staysOf(5, host, CHURN_PROFILES.kit)) {
        for (let hour = 0; hour < hours; hour++) {
          const middle = (hour + 0.5) * HOUR
          if (up && now <= middle && middle < now + length) population[hour]! += 1
        }
        now += length
        if (now >= hours * HOUR) break
        if (up) deaths[Math.floor(now / HOUR)]! += 1
      }
    }
    for (const up of population) assert.ok(Math.abs(up / hosts - 0.5) < 0.02, `${population}`)
    const mean = deaths.reduce((sum, count) => sum + count, 0) / hours
    for (const count of deaths) assert.ok(Math.abs(count / mean - 1) < 0.12, `${deaths}`)
    // Half of all hosts are up, for 323 min each.
    assert.ok(Math.abs(mean / ((hosts / 2) * (60 / 323)) - 1) < 0.1, `${mean}`)
  })

  it('gives each host a schedule of its own that no other host and no other churn moves', () => {
    const first = (seed: number, host: number): number =>
      staysOf(seed, host, CHURN_PROFILES.kit).next().value.length
    assert.equal(first(1, 5), first(1, 5))
    assert.notEqual(first(1, 5), first(1, 6))
    assert.notEqual(first(1, 5), first(2, 5))
    const slow = staysOf(1, 5, stretched(CHURN_PROFILES.kit, 10)).next().value.length
    assert.ok(Math.abs(slow / first(1, 5) - 10) < 0.001)
  })

  it('boots and kills in turn at the times of the schedule', () => {
    const world = new World({ seed: 11 })
    const hosts = Array.from({ length: 50 }, () => world.addHost())
    const up = new Set<SimHost>()
    let turns = 0
    churn(world, hosts, stretched(CHURN_PROFILES.kit, 0.01), {
      boot: (host, age) => {
        assert.ok(!up.has(host), 'it was away')
        assert.ok(age === 0 || world.now === 0, 'only at the start has one been up before')
        up.add(host)
        turns += 1
      },
      kill: (host) => {
        assert.ok(up.delete(host), 'it was up')
        turns += 1
      },
    })
    assert.ok(up.size > 10 && up.size < 40, 'about half are up at once')
    world.run(HOUR)
    assert.ok(turns > 500, `${turns}`)
    const host = hosts[0]!
    let now = 0
    let expected = false
    for (const stay of staysOf(11, host.index, stretched(CHURN_PROFILES.kit, 0.01))) {
      expected = stay.up
      now += stay.length
      if (now > HOUR) break
    }
    assert.equal(up.has(host), expected)
  })

  it('brings hosts that are never away back at once', () => {
    const profile = { session: { scale: 10 * SECOND, shape: 1 }, availability: 1 }
    const stays = staysOf(1, 1, profile)
    assert.ok(stays.next().value.up)
    assert.deepEqual(stays.next().value, { up: false, age: 0, length: 0 })
    assert.ok(stays.next().value.up)
  })
})
