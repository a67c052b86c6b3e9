import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LENGTH = 1 << 20

describe('a torrent with limits', () => {
  it('seeds until it has uploaded so many times its content, and who takes the last of it gets that whole', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', add: { seedRatio: 2 } })
    const first = swarm.join({ peers: [seed] })
    swarm.until(() => first.done)
    swarm.pass(30 * SECOND)
    assert.deepEqual(seed.of('seeded'), [])
    const second = swarm.join({ peers: [seed] })
    swarm.until(() => second.done && seed.of('removed').length > 0)
    const [seeded] = seed.of('seeded')
    assert.ok(seeded!.elapsed >= 30 * SECOND)
    assert.deepEqual([seeded!.limit, seeded!.uploaded, seeded!.length], ['ratio', 2 * LENGTH, LENGTH])
    assert.equal(seed.session.progress(swarm.world.now, 1), undefined)
    assert.deepEqual(
      seed.events.slice(-2).map(({ kind }) => kind),
      ['seeded', 'removed'],
    )
  })

  it('seeds for so long since it is complete, and not a moment longer', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: { up: LENGTH / 16, down: LENGTH } })
    const leech = swarm.join({ peers: [seed], add: { seedTime: 10 * SECOND } })
    swarm.until(() => leech.done)
    const done = swarm.world.now
    assert.ok(done > 10 * SECOND)
    swarm.until(() => leech.of('seeded').length > 0)
    assert.equal(swarm.world.now, done + 10 * SECOND)
    assert.deepEqual(leech.of('seeded'), [
      { kind: 'seeded', torrent: 1, limit: 'time', uploaded: 0, length: LENGTH, elapsed: 10 * SECOND },
    ])
    assert.ok(leech.whole)
  })

  it('leaves at the first of two limits', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', add: { seedRatio: 1, seedTime: 3600 * SECOND } })
    const slow = swarm.join({ mode: 'seed', add: { seedRatio: 1, seedTime: 60 * SECOND } })
    swarm.join({ peers: [seed] })
    swarm.until(() => seed.of('removed').length > 0 && slow.of('removed').length > 0)
    assert.equal(seed.of('seeded')[0]!.limit, 'ratio')
    assert.equal(slow.of('seeded')[0]!.limit, 'time')
  })

  it('of nothing leaves when it is complete, in a download too', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({ peers: [seed], add: { seedRatio: 0 } })
    swarm.until(() => leech.of('removed').length > 0)
    assert.deepEqual(
      leech.events.slice(-4).map(({ kind }) => kind),
      ['done', 'seeding', 'seeded', 'removed'],
    )
    assert.ok(leech.whole)
    assert.equal(leech.of('seeded')[0]!.elapsed, 0)
  })

  it('is stopped once: a session that stops meanwhile waits until its resume data is safe', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({ peers: [seed], add: { seedRatio: 0 } })
    swarm.until(() => leech.of('seeded').length > 0)
    assert.deepEqual(leech.of('removed'), [])
    leech.host.command({ kind: 'remove', torrent: 1 })
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0)
    assert.deepEqual(
      leech.events.slice(-3).map(({ kind }) => kind),
      ['seeded', 'removed', 'stopped'],
    )
  })
})
