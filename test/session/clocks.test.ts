import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Machine } from '../../sim/hosts/sim-host.ts'
import { MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import type { Session } from '../../src/session/session.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LENGTH = 1 << 20
const LINE = { up: LENGTH / 32, down: LENGTH }
const DAY_MS = 86_400_000
const HOUR = 60 * MINUTE

/** A process that the system stops for a while: what comes meanwhile is told when it goes on, and a timer is late. */
class Sleeper {
  #held: ((now: Micros) => void)[] | undefined
  #session: Session | undefined

  readonly around = (session: Session): Machine => {
    this.#session = session
    return new Proxy<Session>(session, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key)
        if (typeof method !== 'function') return method
        return (now: Micros, ...given: unknown[]): unknown => {
          if (this.#held === undefined) return Reflect.apply(method, target, [now, ...given])
          // Views are lent for the call.
          const kept = given.map((each) => (Array.isArray(each) ? each.map(copied) : copied(each)))
          this.#held.push((later) => Reflect.apply(method, target, [later, ...kept]))
          return undefined
        }
      },
    })
  }

  sleep(): void {
    this.#held = []
  }

  wake(now: Micros): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.#session!.timer(now)
    for (const tell of held) tell(now)
  }
}

function copied(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice() : value
}

describe('clocks', () => {
  /** When a download is done whose members' wall clocks are set by so much in the middle of it, and what was complained of. */
  function download(byMs: number): {
    readonly doneAt: Micros
    readonly complaints: readonly string[]
    readonly seeded: Micros
  } {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed], add: { seedTime: MINUTE } })
    swarm.until(() => leech.verified > LENGTH / 2)
    for (const { host } of [seed, leech]) host.clock.jump(byMs)
    swarm.until(() => leech.done)
    const doneAt = swarm.world.now
    assert.ok(leech.whole)
    swarm.until(() => leech.of('seeded').length > 0)
    const complaints = [seed, leech].flatMap((member) => [...member.complaints, ...member.banned])
    return { doneAt, complaints, seeded: swarm.world.now - doneAt }
  }

  it('DK25: a wall clock that is set by a day in either direction changes nothing', () => {
    const undisturbed = download(0)
    assert.deepEqual([undisturbed.complaints, undisturbed.seeded], [[], MINUTE])
    for (const days of [1, -1]) assert.deepEqual(download(days * DAY_MS), undisturbed)
  })

  it('DK25: a process that sleeps for eight hours goes on, and blames nobody', () => {
    for (const sleeper of ['seed', 'leech'] as const) {
      const swarm = new VirtualSwarm({ length: LENGTH, dht: true })
      const sleep = new Sleeper()
      const around = (who: string): { around?: Sleeper['around'] } =>
        who === sleeper ? { around: sleep.around } : {}
      const seed = swarm.join({ mode: 'seed', rates: LINE, ...around('seed') })
      const leech = swarm.join({ at: 5 * SECOND, ...around('leech'), add: { seedRatio: 1 } })
      swarm.until(() => leech.verified > LENGTH / 2)
      sleep.sleep()
      swarm.pass(8 * HOUR)
      swarm.world.at(swarm.world.now, () => sleep.wake(swarm.world.now))
      const woken = swarm.world.now
      swarm.until(() => leech.done, 10 * MINUTE)
      assert.ok(leech.whole, sleeper)
      assert.deepEqual([leech.banned, seed.banned, leech.of('error'), leech.of('seeded')], [[], [], [], []])
      assert.ok(swarm.world.now - woken < 5 * MINUTE, `${sleeper}: ${(swarm.world.now - woken) / SECOND} s`)
    }
  })
})
