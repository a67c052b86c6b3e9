/** A node under siege, in virtual time: the honest keep what they had, newcomers come in, memory stays within its budget. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootHalfOpen } from '../../sim/adversaries/half-open.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import { deafPeers } from './deaf-peers.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { type SwarmSetup, VirtualSwarm } from './virtual-swarm.ts'

const MIB = 1024 * 1024
const CONTENT: SwarmSetup = { length: 160 * MIB, pieceLength: MIB }
/** Of the honest downloader. */
const RATE = 4 * MIB
const BESIEGERS = 100
const FLOOD = 10_000
const MEMORY = 64 * MIB

type Member = ReturnType<VirtualSwarm['join']>
type Side = 'seed' | 'download'

/** A transfer from one seed to one downloader, the siege of one of them from its fifth second on, a newcomer each third. */
function transfer(side: Side, besieged: boolean): { took: Micros; target: Member; newcomers: Micros[] } {
  const swarm = new VirtualSwarm(CONTENT)
  const session = { memory: MEMORY }
  const seed = swarm.join({ mode: 'seed', session, add: { maxPeers: 200 } })
  swarm.until(() => seed.of('seeding').length > 0)
  const begun = swarm.world.now
  const rates = { up: RATE, down: RATE }
  const leech = swarm.join({
    informed: true,
    peers: [seed],
    session,
    rates,
    add: { maxPeers: side === 'seed' ? 200 : 300 },
  })
  swarm.pass(5 * SECOND)
  const target = side === 'seed' ? seed : leech
  if (besieged) besiege(swarm, target)
  const newcomers: { at: Micros; peer: ScriptedPeer }[] = []
  while (!leech.done && swarm.world.now < begun + 600 * SECOND) {
    const peerId = latin1(`-NN0000-${String(newcomers.length).padStart(12, '0')}`)
    const { infoHash, payload } = swarm
    const script = { infoHash, peerId, geometry: payload.geometry, dials: [target.address] }
    newcomers.push({ at: swarm.world.now, peer: ScriptedPeer.join(swarm.world, script) })
    swarm.world.run(swarm.world.now + 3 * SECOND, () => leech.done)
  }
  assert.ok(leech.whole)
  const took = swarm.world.now - begun
  swarm.pass(SECOND)
  return {
    took,
    target,
    newcomers: newcomers.map(({ at, peer }) => (peer.firstHeard('ready') ?? Number.POSITIVE_INFINITY) - at),
  }
}

function besiege(swarm: VirtualSwarm, target: Member): void {
  const { world, infoHash } = swarm
  const targets = [target.address]
  // Each is back a second after it was turned away.
  bootHalfOpen(world.addHost(), world.now, { targets, perTarget: FLOOD, infoHash, bytes: 0, spread: SECOND })
  for (let i = 0; i < BESIEGERS; i++) {
    const bytes = i % 2 === 0 ? 67 : 68
    bootHalfOpen(world.addHost(), world.now, { targets, perTarget: 1, infoHash, bytes })
  }
  deafPeers(swarm, BESIEGERS, target.address)
}

describe('a node under siege', () => {
  for (const side of ['seed', 'download'] as const) {
    it(`HS20, HS8, FR12, RS3: a ${side} keeps four fifths of an honest transfer, shakes hands with newcomers within a second, and its budget`, () => {
      const alone = transfer(side, false)
      const { took, target, newcomers } = transfer(side, true)
      assert.ok(alone.took >= 0.8 * took, `${took / SECOND} s, alone ${alone.took / SECOND} s`)
      assert.ok(newcomers.length >= 10)
      assert.ok(Math.max(...newcomers) < SECOND, `${newcomers.map((one) => one / SECOND)}`)
      const { sending, pieces } = target.session.memory
      assert.ok(sending.most <= sending.limit && pieces.credit.most <= pieces.credit.limit)
      assert.ok(sending.limit + pieces.credit.limit <= MEMORY)
    })
  }
})
