/** Who spoiled a block of a piece that several shared: whole sessions against peers that lie by a script. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { SECOND } from '../../src/core/time.ts'
import type { PeerWire } from '../../src/peer/peer-wire.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { type SwarmSetup, VirtualSwarm } from './virtual-swarm.ts'

const MIB = 1 << 20
/** What a liar sends in place of a block. */
const FALSE = new Uint8Array(BLOCK_LENGTH).fill(0xbd)

/** The peer that serves, and how many blocks it has served, this one included. */
type Act = (served: number, peer: PeerWire) => 'true' | 'false' | 'nothing'

/** Seeds that answer as they are told. */
class Scene {
  readonly swarm: VirtualSwarm
  readonly seeds: ScriptedPeer[] = []

  constructor(setup: SwarmSetup) {
    this.swarm = new VirtualSwarm(setup)
  }

  seed(act: Act = () => 'true'): ScriptedPeer {
    const { payload, infoHash, world } = this.swarm
    let served = 0
    const seed = ScriptedPeer.join(world, {
      ...{ infoHash, geometry: payload.geometry, pieces: Bitfield.all(payload.geometry.pieceCount) },
      peerId: latin1(`-XX0001-${String(this.seeds.length).padStart(12, '0')}`),
      on: {
        interest: (peer, now) => peer.unchoke(now),
        serve: (peer, now, piece, begin, length) => {
          served += 1
          const answer = act(served, peer)
          const block = payload.block(piece, begin / BLOCK_LENGTH)
          if (answer !== 'nothing') peer.deliver(now, piece, begin, length, answer === 'true' ? block : FALSE)
        },
      },
    })
    this.seeds.push(seed)
    return seed
  }

  /** Who joins now and knows them all. */
  leech(): ReturnType<VirtualSwarm['join']> {
    const peers = this.seeds.map(({ host }) => host)
    const leech = this.swarm.join({ informed: true, peers, rates: { up: MIB, down: 4 * MIB } })
    this.swarm.pass(1)
    return leech
  }
}

const hostsOf = (...seeds: readonly ScriptedPeer[]): string[] => seeds.map(({ host }) => host.host)

describe('the digests of blocks', () => {
  for (const [size, what] of [
    [2 * MIB, 'that is hashed in memory'],
    [9 * MIB, 'that is written in runs and hashed from the files'],
  ] as const) {
    it(`CL9, CL13: of five that share a piece ${what}, exactly the one that spoiled a block is banned`, () => {
      const scene = new Scene({ length: 2 * size, pieceLength: size })
      const [honest, liar] = [scene.seed(), scene.seed((served) => (served === 3 ? 'false' : 'true'))]
      for (let i = 0; i < 3; i++) scene.seed()
      const leech = scene.leech()
      scene.swarm.until(() => leech.done)
      assert.deepEqual([leech.whole, leech.banned], [true, hostsOf(liar)])
      assert.ok(honest.heard.some(({ name }) => name === 'serve'))
      // The piece that it spoiled, and what others had come by of the next before they were on parole.
      assert.ok(leech.progress.wasted <= 2 * size, `${leech.progress.wasted} bytes in vain`)
    })

    it(`CL12: two that spoil a piece ${what} together are both banned`, () => {
      const scene = new Scene({ length: size, pieceLength: size })
      const liars = [1, 2].map(() => scene.seed((served) => (served === 2 ? 'false' : 'true')))
      for (let i = 0; i < 3; i++) scene.seed()
      const leech = scene.leech()
      scene.swarm.until(() => leech.done)
      assert.deepEqual([leech.whole, leech.banned.sort()], [true, hostsOf(...liars).sort()])
    })
  }

  it('CL10: one that has left when the good copy comes is banned all the same, and not let in again', () => {
    const scene = new Scene({ length: 2 * MIB, pieceLength: 2 * MIB })
    const { world } = scene.swarm
    const liar = scene.seed((served) => (served === 1 ? 'false' : 'true'))
    for (let i = 0; i < 3; i++) scene.seed()
    const leech = scene.leech()
    scene.swarm.until(() => leech.progress.wasted > 0)
    assert.deepEqual([leech.banned, leech.verified], [[], 0])
    for (const peer of liar.peers) peer.close(world.now, 'swarm/stopped')
    liar.timer(world.now)
    scene.swarm.until(() => leech.done)
    assert.deepEqual([leech.whole, leech.banned], [true, hostsOf(liar)])
    const { opened } = world.streams
    liar.dial(world.now, leech.address)
    scene.swarm.pass(60 * SECOND)
    assert.equal(world.streams.opened, opened + 1, 'it has dialled')
    assert.deepEqual([liar.peers.length, leech.banned], [0, hostsOf(liar)])
  })

  it('CL11: one that sends the right block the second time is banned', () => {
    const scene = new Scene({ length: 2 * MIB, pieceLength: 2 * MIB })
    const liar = scene.seed((served) => (served === 1 ? 'false' : 'true'))
    // The other has a part in the piece and leaves it alone from then on.
    const other = scene.seed((served) => (served <= 30 ? 'true' : 'nothing'))
    const leech = scene.leech()
    scene.swarm.until(() => leech.progress.wasted > 0)
    for (const peer of other.peers) peer.close(scene.swarm.world.now, 'swarm/stopped')
    other.timer(scene.swarm.world.now)
    assert.deepEqual(leech.banned, [])
    scene.swarm.until(() => leech.done)
    assert.deepEqual([leech.whole, leech.banned], [true, hostsOf(liar)])
  })

  for (const [what, faults] of [
    ['keeps another byte than it was given', { corruptEvery: 7 }],
    ['fails to read and to write', { failEvery: 5 }],
  ] as const) {
    it(`CL14: nobody is blamed for a disk that ${what}`, () => {
      const scene = new Scene({ length: 27 * MIB, pieceLength: 9 * MIB })
      for (let i = 0; i < 3; i++) scene.seed()
      const leech = scene.leech()
      scene.swarm.until(() => leech.verified > 0)
      Object.assign(leech.host.disk.faults, faults)
      scene.swarm.until(() => leech.progress.phase === 'failed')
      assert.deepEqual([leech.banned, leech.complaints.includes('storage/io')], [[], true])
    })
  }
})
