import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootSession } from '../../sim/hosts/session-host.ts'
import { peerPriority } from '../../src/core/peer-priority.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from '../session/virtual-swarm.ts'

const LINE = { up: 1 << 20, down: 8 << 20 }

describe('a swarm of sessions', () => {
  it('completes: fifty find each other by magnet link and fetch from one seed', () => {
    const swarm = new VirtualSwarm({ seed: 7, length: 4 << 20, pieceLength: 128 * 1024, dht: true })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const others = Array.from({ length: 49 }, (_, i) => swarm.join({ at: 1 + i * (SECOND / 5), rates: LINE }))
    swarm.until(() => others.every(({ done }) => done), 300 * SECOND)
    assert.deepEqual(
      others.map(({ whole }) => whole),
      others.map(() => true),
    )
    const copies = seed.progress.uploaded / (4 << 20)
    assert.ok(copies < 6, `the seed sent ${copies} copies`)
    const wasted = others.reduce((sum, { progress }) => sum + progress.wasted, 0)
    assert.ok(wasted < 0.1 * 49 * (4 << 20), `${wasted} bytes came twice`)
    assert.deepEqual(
      others.flatMap(({ banned }) => banned),
      [],
    )
  })

  for (const seed of [1, 2, 3]) {
    it(`CL8, CL9, CL13: of five seeders one poisons and one is silent: it completes and bans the poisoner (seed ${seed})`, () => {
      const swarm = new VirtualSwarm({ seed, length: 8 << 20, pieceLength: 256 * 1024 })
      const seeders = Array.from({ length: 5 }, () => swarm.join({ mode: 'seed', rates: LINE }))
      swarm.until(() => seeders.every((member) => member.of('seeding').length > 0))
      seeders[1]!.poison()
      seeders[3]!.freeze()
      const leech = swarm.join({ peers: seeders, rates: LINE })
      swarm.until(() => leech.done, 300 * SECOND)
      assert.deepEqual([leech.whole, leech.banned], [true, [seeders[1]!.host.host]])
      // What it had a part in until the first wrong hash, and one piece of its own.
      assert.ok(leech.progress.wasted <= 8 * 256 * 1024, `${leech.progress.wasted} bytes in vain`)
    })
  }

  for (const bound of [true, false]) {
    const where = bound ? 'it is bound' : 'the DHT says that it is'
    it(`PX7: of those found together whom BEP 40 ranks highest, from where ${where}, is dialled first`, () => {
      let best = 0
      for (let seed = 1; seed <= 8; seed++) {
        const swarm = new VirtualSwarm({ seed, dht: true })
        const { world, bootstrap } = swarm
        for (let i = 0; i < 6; i++) bootSession(world.addHost(), 0, { bootstrap }, () => {})
        const bind = bound ? {} : { bind: ['0.0.0.0'] }
        const leech = swarm.join({ add: { maxPeers: 1 }, session: { listen: false, ...bind } })
        swarm.pass(60 * SECOND)
        const seeders = Array.from({ length: 4 }, () => swarm.join({ mode: 'seed' }))
        const dialled = (seeder: typeof leech): boolean =>
          seeder.of('peer').some(({ address }) => address.host === leech.host.host)
        swarm.until(() => seeders.some(dialled))
        const ranks = seeders.map(({ address }) => peerPriority(leech.address, address))
        if (dialled(seeders[ranks.indexOf(Math.max(...ranks))]!)) best += 1
      }
      // Now and then the first answer names but one of them.
      assert.ok(best >= 6, `${best} of 8`)
    })
  }

  it('keeps to a download limit, and fetches nothing twice for it', () => {
    const swarm = new VirtualSwarm({ pieceLength: 128 * 1024 })
    const seeders = [1, 2, 3].map(() => swarm.join({ mode: 'seed' }))
    const started = swarm.world.now
    const leech = swarm.join({ peers: seeders, session: { downloadLimit: 20_000 } })
    swarm.until(() => leech.done)
    const seconds = (swarm.world.now - started) / SECOND
    assert.ok(seconds > 48 && seconds < 60, `1 MiB at 20 kB/s took ${seconds} s`)
    assert.deepEqual([leech.whole, leech.progress.received], [true, 1 << 20])
  })

  it('hears of the pieces of a peer whose handshake comes just when its own files have been looked at', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    swarm.pass(10 * SECOND)
    for (let seek = 1; seek <= 40; seek++) {
      const leech = swarm.join({ peers: [seed], informed: true })
      Object.assign(leech.host.disk.faults, { seek: seek * MILLISECOND })
      swarm.until(() => leech.done, 20 * SECOND)
      assert.ok(leech.whole)
    }
  })

  it('goes on from one peer to the next: a poisoner alone is banned, and a seed that comes later finishes', () => {
    const swarm = new VirtualSwarm()
    const poisoner = swarm.join({ mode: 'seed' })
    swarm.until(() => poisoner.of('seeding').length > 0)
    poisoner.poison()
    const leech = swarm.join({ peers: [poisoner] })
    swarm.until(() => leech.banned.length > 0, 60 * SECOND)
    assert.deepEqual(leech.banned, [poisoner.host.host])
    const honest = swarm.join({ mode: 'seed', peers: [leech] })
    swarm.until(() => leech.done, 120 * SECOND)
    assert.deepEqual([leech.whole, leech.banned.length, honest.banned], [true, 1, []])
  })
})
