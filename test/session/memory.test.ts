/** The one memory budget of a node, in virtual time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bitfield } from '../../src/core/bitfield.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { MILLISECOND, SECOND } from '../../src/core/time.ts'
import type { Ports } from '../../src/session/ports.ts'
import { deafPeers } from './deaf-peers.ts'
import { type Script, ScriptedPeer } from './scripted-peer.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const MIB = 1024 * 1024
const OVERLOAD = 100

function script(swarm: VirtualSwarm, number: number, more: Partial<Script> = {}): Script {
  const peerId = latin1(`-XX0000-${String(number).padStart(12, '0')}`)
  return { infoHash: swarm.infoHash, peerId, geometry: swarm.payload.geometry, ...more }
}

/** How often streams were paused, and not yet gone on with. */
class Paused {
  times = 0
  readonly now = new Set<number>()

  readonly watch = (ports: Ports): Ports => {
    const { streams } = ports
    const pause = streams.pause.bind(streams)
    const resume = streams.resume.bind(streams)
    const close = streams.close.bind(streams)
    Object.assign(streams, {
      pause: (stream: number) => {
        this.times += 1
        this.now.add(stream)
        pause(stream)
      },
      resume: (stream: number) => {
        this.now.delete(stream)
        resume(stream)
      },
      close: (stream: number, now: boolean) => {
        this.now.delete(stream)
        close(stream, now)
      },
    })
    return ports
  }
}

describe('the memory of a session', () => {
  for (const [memory, pieceLength] of [
    [8 * MIB, 256 * 1024],
    [8 * MIB, 64 * 1024],
    [32 * MIB, 8 * MIB],
  ] as const) {
    it(`CL25: where the disk is slower than the network, the download goes at its speed, without a stop (pieces of ${pieceLength})`, () => {
      const swarm = new VirtualSwarm({ length: 48 * MIB, pieceLength })
      const seeds = [1, 2, 3].map(() => swarm.join({ mode: 'seed' }))
      swarm.until(() => seeds.every((one) => one.of('seeding').length > 0))
      const paused = new Paused()
      const leech = swarm.join({
        informed: true,
        peers: seeds,
        session: { memory },
        ports: paused.watch,
      })
      // A write of a piece of 256 KiB takes 50 ms.
      const rate = (256 * 1024) / 0.05
      leech.host.disk.faults.rate = rate
      const started = swarm.world.now
      let still = 0
      let received = 0
      while (!leech.done) {
        swarm.pass(SECOND)
        const { received: more } = leech.progress
        still = more > received || leech.progress.verified > 40 * MIB ? 0 : still + 1
        assert.ok(still <= 1, `no byte for ${still} s`)
        received = more
        assert.ok(swarm.world.now < started + 60 * SECOND)
      }
      const took = (swarm.world.now - started) / SECOND
      const least = (48 * MIB) / rate
      // Pieces that are longer than a run are read once more.
      const reads = pieceLength > 4 * MIB ? 2 : 1
      assert.ok(took <= 1.15 * reads * least + 2, `${took} s instead of ${least}`)
      const { credit, disk } = leech.session.memory.pieces
      assert.ok(credit.most <= credit.limit)
      assert.ok(disk.most >= (7 / 8) * disk.limit, 'the disk had fallen behind')
      assert.ok(paused.times > 0)
      assert.deepEqual([paused.now.size, leech.whole], [0, true])
      assert.ok(
        leech.progress.wasted <= 0.005 * leech.progress.received,
        `${leech.progress.wasted} bytes wasted`,
      )
    })
  }

  it('CL25: a disk that hangs pauses peers for half a second, then they are heard again', () => {
    const swarm = new VirtualSwarm({ length: 16 * MIB, pieceLength: 256 * 1024 })
    const seed = swarm.join({ mode: 'seed' })
    swarm.until(() => seed.of('seeding').length > 0)
    const paused = new Paused()
    const leech = swarm.join({
      informed: true,
      peers: [seed],
      session: { memory: 4 * MIB },
      ports: paused.watch,
    })
    swarm.until(() => leech.verified > MIB)
    leech.freeze()
    swarm.until(() => paused.times > 0, 10 * SECOND)
    swarm.pass(600 * MILLISECOND)
    assert.equal(paused.now.size, 0)
    swarm.pass(300 * SECOND)
    assert.equal(leech.progress.peers, 1)
    assert.ok(leech.session.memory.pieces.credit.most <= 2 * MIB)
  })

  it('RS3, FR12: of remotes that ask for all they can and never read, none makes a seed keep more than its budget, and others are served', () => {
    const swarm = new VirtualSwarm({ length: 8 * MIB, pieceLength: 256 * 1024 })
    const paused = new Paused()
    const seed = swarm.join({
      mode: 'seed',
      session: { memory: 8 * MIB },
      add: { maxPeers: 200 },
      policies: { swarm: { options: { uploadSlots: 150 } } },
      ports: paused.watch,
    })
    swarm.until(() => seed.of('seeding').length > 0)
    const deaf = deafPeers(swarm, OVERLOAD, seed.address)
    swarm.pass(40 * SECOND)
    const { sending } = seed.session.memory
    assert.ok(deaf.filter((peer) => peer.firstHeard('unchoked') !== undefined).length > 50)
    assert.ok(sending.pressed)
    assert.ok(sending.most <= sending.limit, `${sending.most} bytes`)
    assert.ok(
      deaf.every(({ peers }) => peers.length === 1),
      'nobody is thrown out for it',
    )
    const honest = swarm.join({ informed: true, peers: [seed] })
    swarm.until(() => honest.done, 120 * SECOND)
    assert.ok(sending.most <= sending.limit, `${sending.most} bytes`)
    seed.host.command({ kind: 'remove', torrent: 1 })
    swarm.pass(20 * SECOND)
    assert.equal(sending.drawn, 0)
    assert.equal(paused.now.size, 0)
  })

  it('RS3: of peers that each send a block of every piece and no more, a download keeps no more than its budget, and ends', () => {
    const pieceLength = 8 * MIB
    const swarm = new VirtualSwarm({ length: 64 * MIB, pieceLength })
    const pieces = Bitfield.all(8)
    const drips = Array.from({ length: OVERLOAD }, (_, number) =>
      ScriptedPeer.join(swarm.world, {
        ...script(swarm, number, { pieces }),
        on: {
          interest: (peer, now) => peer.unchoke(now),
          serve: (peer, now, piece, begin, length) => {
            if (begin % MIB !== 0) return
            const view = swarm.payload.piece(piece).read(begin, length)
            peer.deliver(now, piece, begin, length, view)
          },
        },
      }),
    )
    const leech = swarm.join({
      ...{ informed: true, peers: drips.map(({ host }) => host) },
      ...{ session: { memory: 6 * MIB }, add: { maxPeers: 200 } },
    })
    swarm.pass(60 * SECOND)
    const { credit } = leech.session.memory.pieces
    assert.ok(credit.drawn > 0 && credit.most <= credit.limit, `${credit.most} bytes`)
    const seed = swarm.join({ mode: 'seed' })
    leech.host.command({ kind: 'add-peer', torrent: 1, host: seed.host.host, port: 6881 })
    swarm.until(() => leech.done, 1200 * SECOND)
    assert.ok(credit.most <= credit.limit, `${credit.most} bytes`)
    assert.deepEqual([credit.drawn, leech.whole], [0, true])
  })
})
