import { type Rng, unit } from '../../src/core/rng.ts'
import type { Micros } from '../../src/core/time.ts'
import { streamFor } from '../engine/rng.ts'
import type { ChurnProfile } from './churn-profiles.ts'
import type { SimHost } from './sim-host.ts'
import { draw, drawUnderWay, type Weibull } from './weibull.ts'
import type { World } from './world.ts'

/** A host comes, or has been there (`age` > 0 at the start alone), for `length` more. */
export interface Stay {
  readonly up: boolean
  readonly age: Micros
  readonly length: Micros
}

/**
 * The stays of one host, up and away in turn, without end: a function of (seed, host) alone. The first is one that is under
 * way, met as an observer would who came at any time, so that the process is stationary from the start: hosts drawn afresh
 * would die in a burst of short first sessions.
 */
export function* staysOf(seed: number, host: number, profile: ChurnProfile): Generator<Stay, never> {
  const rng = streamFor(seed, host, 'churn')
  const { session, availability } = profile
  const away: Weibull = { scale: (session.scale * (1 - availability)) / availability, shape: session.shape }
  let up = unit(rng) < availability
  const { age, rest } = drawUnderWay(up ? session : away, rng)
  yield { up, age, length: rest }
  for (;;) {
    up = !up
    yield { up, age: 0, length: lengthOf(up ? session : away, rng) }
  }
}

export interface ChurnActions {
  /** The host comes up; `age`: how long it has been so already, for those that are up at the start. */
  boot(host: SimHost, age: Micros): void
  kill(host: SimHost): void
}

/** Lets `hosts` come and go from now on, as `profile` says; those that are up now are booted before it returns. */
export function churn(
  world: World,
  hosts: readonly SimHost[],
  profile: ChurnProfile,
  actions: ChurnActions,
): void {
  for (const host of hosts) {
    const stays = staysOf(world.seed, host.index, profile)
    const first = stays.next().value
    if (first.up) actions.boot(host, first.age)
    turn(world, host, stays, world.now + first.length, actions)
  }
}

/** One pending event per host: the end of its present stay. */
function turn(
  world: World,
  host: SimHost,
  stays: Generator<Stay, never>,
  at: Micros,
  actions: ChurnActions,
): void {
  world.at(at, () => {
    const { up, length } = stays.next().value
    if (up) actions.boot(host, 0)
    else actions.kill(host)
    turn(world, host, stays, at + length, actions)
  })
}

/** Hosts that are never away come back at once. */
function lengthOf(weibull: Weibull, rng: Rng): Micros {
  return weibull.scale === 0 ? 0 : draw(weibull, rng)
}
