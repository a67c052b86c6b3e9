import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MINUTE } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

describe('the search for peers', () => {
  it('finds a seed, and announces nothing of a session that takes no peers', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const seed = swarm.join({ mode: 'seed' })
    swarm.pass(MINUTE)
    const mute = swarm.join({ session: { listen: false } })
    swarm.until(() => mute.of('done').length > 0)
    swarm.pass(20 * MINUTE)
    seed.host.command({ kind: 'lookup', lookup: 7, target: swarm.infoHash, want: 'peers' })
    swarm.pass(MINUTE)
    const named = seed.of('lookup-peers').flatMap(({ peers }) => peers)
    assert.deepEqual(
      named.map(({ text }) => text),
      [seed.address.text],
    )
  })

  it('goes on while nobody is connected, so a seed that comes late is found soon', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const early = [true, false].map((listen) => swarm.join({ session: { listen } }))
    swarm.pass(5 * MINUTE)
    swarm.join({ mode: 'seed' })
    swarm.until(() => early.every((member) => member.of('done').length > 0), 2 * MINUTE)
  })
})
