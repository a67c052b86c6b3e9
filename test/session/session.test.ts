import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Machine } from '../../sim/hosts/sim-host.ts'
import type { World } from '../../sim/hosts/world.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/core/time.ts'
import type { Ports, Ticket } from '../../src/session/ports.ts'
import type { Session } from '../../src/session/session.ts'
import { seededDice } from '../swarm/support.ts'
import { privately, VirtualSwarm } from './virtual-swarm.ts'

const LINE = { up: 1 << 20, down: 1 << 20 }
const LENGTH = 8 << 20

describe('a session whose disk fills', () => {
  it('before the first byte fails with one error', () => {
    const swarm = new VirtualSwarm()
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({ peers: [seed] })
    leech.host.disk.faults.capacity = 0
    swarm.pass(60 * SECOND)
    const [error, ...more] = leech.of('error')
    assert.deepEqual([error?.error, error?.code, more], ['storage', 'storage/full', []])
    assert.deepEqual([leech.progress.phase, leech.progress.peers, leech.done], ['failed', 0, false])
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0)
    assert.deepEqual(leech.complaints, ['storage/full'])
  })

  it('later says so once, pauses, and goes on when space returns; nothing is lost', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed] })
    leech.host.disk.faults.capacity = LENGTH / 2
    swarm.until(() => leech.complaints.length > 0)
    swarm.pass(60 * SECOND)
    assert.deepEqual(leech.complaints, ['storage/full'])
    const stopped = leech.progress
    assert.deepEqual([stopped.phase, stopped.down], ['paused', 0])
    assert.match(stopped.why, /space/)
    assert.ok(stopped.verified > LENGTH / 4 && stopped.verified <= LENGTH / 2)
    const other = swarm.join({ peers: [leech] })
    swarm.until(() => other.verified === stopped.verified, 60 * SECOND)
    leech.host.disk.faults.capacity = Number.POSITIVE_INFINITY
    swarm.until(() => leech.done, 60 * SECOND)
    assert.deepEqual([leech.whole, leech.progress.wasted, leech.complaints], [true, 0, ['storage/full']])
    assert.equal(leech.progress.received, LENGTH)
    swarm.until(() => other.done, 60 * SECOND)
  })
})

describe('a session that is started again', () => {
  for (const moment of [2, 4, 6.3]) {
    it(`after a kill goes on from what is on disk (killed after ${moment} s)`, () => {
      const swarm = new VirtualSwarm({ length: LENGTH })
      const seed = swarm.join({ mode: 'seed', rates: LINE })
      const leech = swarm.join({ peers: [seed] })
      swarm.pass(moment * SECOND)
      leech.host.kill()
      const pieces = [...Array(swarm.payload.geometry.pieceCount).keys()]
      const kept = pieces.filter((piece) => leech.has(piece)).length
      assert.ok(kept > 10 && kept < pieces.length)
      swarm.pass(SECOND)
      leech.boot()
      swarm.until(() => leech.done)
      assert.deepEqual([leech.whole, leech.complaints], [true, []])
      const fetched = leech.progress.received
      assert.equal(fetched, LENGTH - kept * 64 * 1024, 'nothing that is on disk is fetched again')
    })

    it(`after a power cut trusts no more than the barriers cover (cut after ${moment} s)`, () => {
      const swarm = new VirtualSwarm({ length: LENGTH })
      const seed = swarm.join({ mode: 'seed', rates: LINE })
      const leech = swarm.join({ peers: [seed] })
      swarm.pass(moment * SECOND)
      leech.host.kill()
      // What no barrier covered is zeros now; of the journal's tail enough is left to speak of pieces that are lost.
      leech.host.disk.crash(12 * 40 + 5)
      const pieces = [...Array(swarm.payload.geometry.pieceCount).keys()]
      const kept = pieces.filter((piece) => leech.has(piece)).length
      leech.boot()
      swarm.until(() => leech.done)
      assert.equal(leech.whole, true)
      assert.equal(leech.progress.received, LENGTH - kept * 64 * 1024)
    })
  }

  it('hashes what is doubtful: a piece that was spoilt after its write is fetched again', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed] })
    swarm.pass(3 * SECOND)
    leech.host.kill()
    const piece = [...Array(swarm.payload.geometry.pieceCount).keys()].find((each) => leech.has(each))!
    leech.volume.write(piece, 0, new Uint8Array(64 * 1024))
    leech.boot()
    swarm.until(() => leech.done)
    assert.equal(leech.whole, true)
  })

  it('DK12 waits for an out folder that is gone, says so once, and goes on when it is back', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed] })
    swarm.until(() => leech.verified > LENGTH / 2)
    const { verified } = leech.progress
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0)
    leech.host.kill()
    const lengths = [...leech.volume.lengths]
    leech.volume.folder = false
    leech.volume.lengths.fill(-1)
    leech.boot()
    swarm.pass(30 * SECOND)
    assert.deepEqual(
      [leech.complaints, leech.progress.phase, leech.verified],
      [['storage/missing'], 'waiting', 0],
    )
    leech.volume.folder = true
    lengths.forEach((length, index) => {
      leech.volume.lengths[index] = length
    })
    swarm.until(() => leech.done, 60 * SECOND)
    assert.deepEqual([leech.whole, leech.complaints], [true, ['storage/missing']])
    assert.ok(leech.progress.received <= LENGTH - verified)
  })

  it('starts anew with a warning where the folder is there and the files are gone', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed] })
    swarm.until(() => leech.verified > LENGTH / 4)
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0)
    leech.host.kill()
    leech.volume.lengths.fill(-1)
    leech.boot()
    swarm.until(() => leech.done)
    assert.deepEqual([leech.whole, leech.complaints], [true, ['storage/lost']])
  })
})

describe('a session with a private torrent', () => {
  it('BEP 27: never announces it and never looks for its peers, which come from the user alone', () => {
    const swarm = new VirtualSwarm({ dht: true, info: privately })
    const seed = swarm.join({ mode: 'seed' })
    const lonely = swarm.join({ informed: true })
    const linked = swarm.join({ informed: true, peers: [seed] })
    const told = swarm.join({ informed: true })
    told.meet(seed)
    swarm.until(() => told.done, 60 * SECOND)
    swarm.pass(1200 * SECOND)
    assert.deepEqual([told.whole, lonely.progress.verified, lonely.progress.peers], [true, 0, 0])
    assert.equal(linked.progress.verified, 0, 'RS4: peers of a link (x.pe) are refused')
    assert.ok(told.complaints.includes('swarm/private'))
    const stats = swarm.router!.dhtStats(swarm.world.now)
    assert.deepEqual(
      stats.map((family) => [family.stats.hashes, family.stats.peers]),
      [[0, 0]],
    )
    assert.ok(stats[0]!.stats.queriesIn > 0, 'the DHT was there')
  })

  it('while nobody knows that it is private (magnet link) peers are searched; those are sent away afterwards', () => {
    const swarm = new VirtualSwarm({ dht: true })
    const seed = swarm.join({ mode: 'seed' })
    const leech = swarm.join({ at: 5 * SECOND })
    swarm.until(() => leech.done, 120 * SECOND)
    assert.ok(swarm.router!.dhtStats(swarm.world.now)[0]!.stats.peers > 0, 'a public one is announced')
    assert.equal(seed.complaints.length, 0)
  })
})

describe('the end of a session', () => {
  it('is clean: streams and sockets close, "stopped" is the last event, and nothing is heard afterwards', () => {
    const swarm = new VirtualSwarm({ length: LENGTH, dht: true })
    const seed = swarm.join({ mode: 'seed', rates: LINE })
    const leech = swarm.join({ peers: [seed] })
    swarm.until(() => leech.verified > LENGTH / 4)
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0, 5 * SECOND)
    const count = leech.events.length
    assert.equal(leech.events.at(-1)?.kind, 'stopped')
    const { opened } = swarm.world.streams
    swarm.pass(2 * SECOND)
    assert.equal(seed.progress.peers, 0)
    const { carried } = leech.host.up
    leech.host.command({ kind: 'add-peer', torrent: 1, host: seed.host.host, port: 6881 })
    leech.host.command({ kind: 'stop' })
    swarm.pass(600 * SECOND)
    assert.deepEqual([leech.events.length, leech.volume.locked], [count, false])
    assert.deepEqual([swarm.world.streams.opened, leech.host.up.carried], [opened, carried])
  })

  for (const after of [0, 1, 20, 200, 700, 1500]) {
    it(`is clean whatever it is at (${after} ms after its start)`, () => {
      const swarm = new VirtualSwarm({ length: LENGTH })
      const seed = swarm.join({ mode: 'seed', rates: LINE })
      swarm.pass(SECOND)
      const leech = swarm.join({ peers: [seed] })
      swarm.pass(after * MILLISECOND)
      leech.host.command({ kind: 'stop' })
      swarm.until(() => leech.of('stopped').length > 0, 5 * SECOND)
      const count = leech.events.length
      swarm.pass(60 * SECOND)
      assert.equal(leech.events.length, count)
      assert.deepEqual([leech.complaints, leech.volume.locked], [[], false])
      leech.host.kill()
      leech.boot()
      swarm.until(() => leech.done)
      assert.equal(leech.whole, true)
    })
  }
})

describe('completions', () => {
  it('that come twice change nothing', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const seed = swarm.join({ mode: 'seed', rates: LINE, around: unsteady(swarm.world, () => [0, 1]) })
    const leech = swarm.join({
      peers: [seed],
      around: unsteady(swarm.world, () => [0, 0, 3 * SECOND]),
    })
    swarm.until(() => leech.done, 60 * SECOND)
    assert.deepEqual([leech.whole, leech.complaints, leech.of('done').length], [true, [], 1])
    assert.deepEqual([leech.progress.received, leech.progress.wasted], [LENGTH, 0])
  })

  it('that come late and in any order delay it, no more', () => {
    const swarm = new VirtualSwarm({ length: LENGTH })
    const dice = seededDice(9)
    const late = (): Micros[] => [dice.u32() % (SECOND / 2)]
    const seed = swarm.join({ mode: 'seed', rates: LINE, around: unsteady(swarm.world, late) })
    const leech = swarm.join({ peers: [seed], around: unsteady(swarm.world, late) })
    swarm.until(() => leech.done, 300 * SECOND)
    assert.deepEqual([leech.whole, leech.complaints, leech.of('done').length], [true, [], 1])
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0, 30 * SECOND)
  })

  for (const what of ['hash', 'flush', 'read'] as const) {
    it(`of which one never comes (${what}) hold up that piece alone, and not the end`, () => {
      const swarm = new VirtualSwarm({ length: LENGTH })
      const lost = losing(what, 30)
      const [seeds, leeches] = what === 'read' ? [lost, undefined] : [undefined, lost]
      const seed = swarm.join({ mode: 'seed', rates: LINE, ...seeds })
      const leech = swarm.join({ peers: [seed], ...leeches })
      swarm.pass(120 * SECOND)
      const { verified } = leech.progress
      if (what === 'read') assert.equal(leech.done, true)
      else assert.equal(verified, LENGTH - 64 * 1024)
      leech.host.command({ kind: 'stop' })
      swarm.until(() => leech.of('stopped').length > 0, 30 * SECOND)
    })
  }
})

/** Delivers each completion so much later than it came, once for each delay. */
function unsteady(world: World, delays: () => Micros[]): (session: Session) => Machine {
  return (session) => ({
    start: (now) => session.start(now),
    timer: (now) => session.timer(now),
    datagram: (now, socket, from, bytes) => session.datagram(now, socket, from, bytes),
    accepted: (now, listener, stream, from) => session.accepted(now, listener, stream, from),
    connected: (now, stream) => session.connected(now, stream),
    chunk: (now, stream, views) => session.chunk(now, stream, views),
    sent: (now, stream, bytes) => session.sent(now, stream, bytes),
    streamClosed: (now, stream, reason) => session.streamClosed(now, stream, reason),
    command: (now, command) => session.command(now, command),
    completed(now, ticket, outcome) {
      for (const delay of delays()) {
        if (delay === 0) session.completed(now, ticket, outcome)
        else world.at(now + delay, () => session.completed(world.now, ticket, outcome))
      }
    },
  })
}

/** Ports that forget to answer the `nth` question of a kind. */
function losing(what: 'hash' | 'flush' | 'read', nth: number): { readonly ports: (ports: Ports) => Ports } {
  let asked = 0
  const unknown = (ticket: Ticket): Ticket => (++asked === nth ? 1e9 : ticket)
  return {
    ports: (ports) => {
      const { storage, hasher } = ports
      return {
        ...ports,
        hasher: {
          hash: (ticket, ...rest) => hasher.hash(what === 'hash' ? unknown(ticket) : ticket, ...rest),
          digests: hasher.digests.bind(hasher),
          leaves: hasher.leaves.bind(hasher),
        },
        storage: {
          open: storage.open.bind(storage),
          prepare: storage.prepare.bind(storage),
          write: storage.write.bind(storage),
          flush: (ticket, ...rest) => storage.flush(what === 'flush' ? unknown(ticket) : ticket, ...rest),
          release: storage.release.bind(storage),
          read: (ticket, ...rest) => storage.read(what === 'read' ? unknown(ticket) : ticket, ...rest),
          append: storage.append.bind(storage),
          rewrite: storage.rewrite.bind(storage),
          barrier: storage.barrier.bind(storage),
          confirm: storage.confirm.bind(storage),
          select: storage.select.bind(storage),
          marks: storage.marks.bind(storage),
          move: storage.move.bind(storage),
          stay: storage.stay.bind(storage),
          close: storage.close.bind(storage),
          erase: storage.erase.bind(storage),
        },
      }
    },
  }
}
