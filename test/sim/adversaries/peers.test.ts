import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FakeSeedAnswer, fakeSeed } from '../../../sim/adversaries/fake-seed.ts'
import { freeRider } from '../../../sim/adversaries/free-rider.ts'
import { bootHalfOpen } from '../../../sim/adversaries/half-open.ts'
import { type MetadataLie, metadataLiar } from '../../../sim/adversaries/metadata-liar.ts'
import { poisoner } from '../../../sim/adversaries/poisoner.ts'
import { slowLoris } from '../../../sim/adversaries/slow-loris.ts'
import { PORT } from '../../../sim/hosts/session-host.ts'
import { SECOND } from '../../../src/core/time.ts'
import type { SessionPolicies } from '../../../src/session/policies.ts'
import { Arena, type Participant } from './arena.ts'

const ANSWERS: readonly FakeSeedAnswer[] = ['garbage', 'silence', 'reject', 'choke']
const LIES: readonly MetadataLie[] = ['wrong-size', 'wrong-bytes', 'huge-size', 'silence', 'reject']

interface Encounter {
  readonly arena: Arena
  readonly seed: Participant
  readonly evil: readonly Participant[]
  readonly victim: Participant
}

/** One who downloads and knows an honest seed and three of a kind that have everything, or say so. */
function meet(policies: SessionPolicies, role: 'seed' | 'download', trickle?: number): Encounter {
  const arena = new Arena(4, 8 * 2 ** 20)
  const seed = arena.peer({ role: 'seed' })
  const evil = Array.from({ length: 3 }, () => {
    return arena.peer({ role, policies, ...(trickle === undefined ? {} : { place: { trickle } }) })
  })
  const victim = arena.peer({ role: 'download', knows: [...evil, seed] })
  arena.run(300, () => arena.isDone(victim))
  return { arena, seed, evil, victim }
}

function gave(arena: Arena, peers: readonly Participant[]): number {
  return peers.reduce((sum, peer) => sum + arena.progress(peer).uploaded, 0)
}

describe('adversaries in a swarm', () => {
  it('poisoners waste what they send, are banned, and nothing wrong is kept', () => {
    const { arena, seed, victim } = meet(poisoner({ share: 0.5 }), 'seed')
    assert.ok(arena.isDone(victim) && arena.holdsAll(victim))
    assert.ok(arena.progress(victim).wasted >= 65_536, `${arena.progress(victim).wasted}`)
    const bans = arena.complaints(victim, 'peer/banned')
    assert.ok(bans.length >= 1)
    assert.ok(!bans.some(({ message }) => message.includes(seed.host.host)), 'the honest seed is not')
  })

  it('poisoners that spoil nothing are good seeds', () => {
    const { arena, evil, victim } = meet(poisoner({ share: 0 }), 'seed')
    assert.ok(arena.isDone(victim))
    assert.equal(arena.progress(victim).wasted, 0)
    assert.ok(gave(arena, evil) > 2 ** 20)
  })

  for (const answer of ANSWERS) {
    it(`fake seeds that answer with ${answer} give nothing of use, and do not stop a download`, () => {
      const { arena, seed, evil, victim } = meet(fakeSeed(answer), 'download')
      assert.ok(arena.isDone(victim) && arena.holdsAll(victim))
      assert.ok(gave(arena, [seed]) >= 8 * 2 ** 20, 'all of use came from the one seed')
      for (const peer of evil) assert.equal(arena.progress(peer).received, 0)
      assert.equal(arena.progress(victim).wasted > 0, answer === 'garbage')
      assert.equal(arena.complaints(victim, 'peer/banned').length > 0, answer === 'garbage')
    })
  }

  it('a silent slow-loris unchokes and sends no block', () => {
    const { arena, evil, victim } = meet(slowLoris('silent'), 'seed')
    assert.ok(arena.isDone(victim) && arena.holdsAll(victim))
    assert.equal(gave(arena, evil), 0)
  })

  it('a trickling slow-loris begins blocks and sends a byte a second of them', () => {
    const { arena, evil, victim } = meet(slowLoris('trickling'), 'seed', 1)
    assert.ok(arena.isDone(victim) && arena.holdsAll(victim))
    assert.ok(gave(arena, evil) > 0, 'it means to send them')
    const sent = evil.reduce((sum, { host }) => sum + host.up.carried, 0)
    assert.ok(sent < 100_000, `${sent} bytes left their hosts`)
  })

  it('free riders take all and give none', () => {
    const arena = new Arena(6)
    const seed = arena.peer({ role: 'seed' })
    const rider = arena.peer({ role: 'download', policies: freeRider(), knows: [seed] })
    arena.run(120, () => arena.isDone(rider))
    assert.ok(arena.holdsAll(rider))
    const late = arena.peer({ role: 'download', knows: [rider] })
    arena.run(60)
    assert.equal(arena.progress(late).peers, 1)
    assert.equal(arena.progress(late).verified, 0, 'who knows the rider alone gets nothing')
    assert.equal(gave(arena, [rider]), 0)
  })

  it('free riders with a large view keep more neighbours than others', () => {
    const arena = new Arena(6, 4 * 2 ** 20)
    const others = Array.from({ length: 12 }, () => arena.peer({ role: 'download' }))
    const plain = arena.peer({ role: 'download', knows: others, maxPeers: 4 })
    const policies = freeRider({ neighbours: 100 })
    const large = arena.peer({ role: 'download', knows: others, maxPeers: 4, policies })
    arena.run(20)
    assert.deepEqual([arena.progress(plain).peers, arena.progress(large).peers], [4, 12])
  })

  for (const lie of LIES) {
    it(`liars in metadata (${lie}) give none, and one honest peer beside five of them is enough`, () => {
      const arena = new Arena(8)
      const policies = metadataLiar({ lie, trueSize: arena.payload.info.length })
      const liars = Array.from({ length: 5 }, () => arena.peer({ role: 'magnet', policies }))
      const victim = arena.peer({ role: 'magnet', knows: liars })
      arena.run(30)
      assert.ok(victim.events.filter(({ kind }) => kind === 'peer').length >= 5)
      assert.ok(!arena.knowsMetadata(victim), 'nobody has it')
      const lucky = arena.peer({ role: 'magnet', knows: [...liars, arena.peer({ role: 'seed' })] })
      arena.run(120, () => arena.isDone(lucky))
      assert.ok(arena.isDone(lucky) && arena.holdsAll(lucky))
    })
  }

  it('half-open handshakes hold places for a while and keep nobody out', () => {
    for (const bytes of [0, 30]) {
      const arena = new Arena(9)
      const seed = arena.peer({ role: 'seed' })
      const targets = [seed.host.address(PORT)]
      const { infoHash } = arena.payload
      const attacker = bootHalfOpen(arena.world.addHost(), 0, { targets, perTarget: 40, infoHash, bytes })
      arena.run(60)
      assert.ok(attacker.mostOpen >= 8, `${attacker.mostOpen} at once`)
      assert.ok(attacker.closed > attacker.mostOpen, 'the seed parts with them, and they come again')
      assert.ok(attacker.heldFor / attacker.closed < 15 * SECOND, `${attacker.heldFor / attacker.closed}`)
      const peer = arena.peer({ role: 'download', knows: [seed] })
      arena.run(60, () => arena.isDone(peer))
      assert.ok(arena.holdsAll(peer))
    }
  })
})
