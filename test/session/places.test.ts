/** Places for connections that peers hold and make nothing of, in virtual time: whoever is new gets one soon. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootHalfOpen } from '../../sim/adversaries/half-open.ts'
import { MINUTE, type Micros, SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

type Member = ReturnType<VirtualSwarm['join']>

const MIB = 1024 * 1024
const PLACES = 40
/** A handshake, and interest: then nothing more. */
const SILENT = 73

/** Peers at one address that hold as many places of `target` as they get; each is back a second after it was sent away. */
function hold(
  swarm: VirtualSwarm,
  target: Member,
  host: string | undefined,
  streams: number,
): ReturnType<typeof bootHalfOpen> {
  const { world, infoHash } = swarm
  const init = { targets: [target.address], perTarget: streams, infoHash, bytes: SILENT, spread: SECOND }
  return bootHalfOpen(world.addHost(host === undefined ? {} : { host }), world.now, init)
}

function seedOf(swarm: VirtualSwarm, maxPeers: number = PLACES): Member {
  const seed = swarm.join({ mode: 'seed', session: { maxPeers }, add: { maxPeers: PLACES } })
  swarm.until(() => seed.of('seeding').length > 0)
  return seed
}

/** How long a newcomer takes from its start to the end. */
function served(swarm: VirtualSwarm, seed: Member, rates = { up: 8 * MIB, down: 8 * MIB }): Micros {
  const begun = swarm.world.now
  const leech = swarm.join({ peers: [seed], rates })
  swarm.until(() => leech.done, 10 * MINUTE)
  return swarm.world.now - begun
}

describe('places for connections', () => {
  for (const [what, maxPeers] of [
    ['of the torrent', 2 * PLACES],
    ['of the session', PLACES / 2],
  ] as const)
    it(`RS2: an address that fills the places ${what} gives one up for whoever comes from another`, () => {
      const swarm = new VirtualSwarm()
      const seed = seedOf(swarm, maxPeers)
      const holder = hold(swarm, seed, '10.0.0.9', 2 * PLACES)
      swarm.pass(5 * SECOND)
      assert.ok(seed.progress.peers >= Math.min(maxPeers, PLACES) * 0.9, 'it has filled them')
      for (let i = 0; i < 3; i++) {
        const took = served(swarm, seed)
        assert.ok(took < 15 * SECOND, `${took / SECOND} s`)
      }
      assert.ok(holder.open >= 1)
    })

  it('RS2: peers at many addresses that never ask for anything are the first to go, also while others trade', () => {
    const swarm = new VirtualSwarm({ length: 64 * MIB, pieceLength: MIB })
    const seed = seedOf(swarm)
    for (let i = 0; i < 1.5 * PLACES; i++) hold(swarm, seed, undefined, 1)
    swarm.pass(5 * SECOND)
    const slow = swarm.join({ peers: [seed], rates: { up: MIB, down: 64 * 1024 } })
    swarm.pass(4 * MINUTE)
    const before = slow.verified
    for (let i = 0; i < 3; i++) {
      const took = served(swarm, seed)
      assert.ok(took < 20 * SECOND, `${took / SECOND} s, 8 of them by its line`)
    }
    assert.ok(slow.verified > before && !slow.done, 'who is served keeps its place')
  })

  it('RS2: two addresses that want all places do not push each other out in turns', () => {
    const swarm = new VirtualSwarm()
    const seed = seedOf(swarm)
    const first = hold(swarm, seed, '10.0.0.9', 2 * PLACES)
    swarm.pass(10 * SECOND)
    const second = hold(swarm, seed, '10.0.0.8', 2 * PLACES)
    swarm.pass(10 * SECOND)
    assert.ok(second.greeted >= PLACES / 4, 'the other has its share within seconds')
    const before = first.greeted + second.greeted
    swarm.pass(2 * MINUTE)
    const changes = first.greeted + second.greeted - before
    assert.ok(
      changes <= 150,
      `${changes} places change hands in two minutes, one a second as with idle peers of one kind`,
    )
  })
})
