import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SECOND } from '../../src/core/time.ts'
import { type QueueState, TorrentQueue } from '../../src/session/torrent-queue.ts'
import { ManyTorrents } from './many-torrents.ts'

const KIB = 1024

function queue(maxActiveDownloads: number, maxActiveSeeds: number, count: number): TorrentQueue {
  const made = new TorrentQueue({ maxActiveDownloads, maxActiveSeeds })
  for (let torrent = 0; torrent < count; torrent++) made.enter(torrent)
  return made
}

const DOWNLOAD: QueueState = { seeds: false, running: true, idle: false }

describe('the queue of torrents', () => {
  it('gives turns in order, to so many of each kind', () => {
    const turns = queue(2, 1, 6).turns((torrent) => ({ ...DOWNLOAD, seeds: torrent % 2 === 1 }))
    assert.deepEqual([...turns], [0, 1, 2])
  })

  it('lets those go on in which nothing moves, without a place of their own', () => {
    const turns = queue(2, 2, 6).turns((torrent) => ({ ...DOWNLOAD, idle: torrent < 3 }))
    assert.deepEqual([...turns], [0, 1, 2, 3, 4])
    assert.equal(queue(1, 1, 1000).turns(() => ({ ...DOWNLOAD, idle: true })).size, 500)
  })

  it('follows an order that is changed', () => {
    const made = queue(1, 1, 4)
    const first = () => [...made.turns(() => DOWNLOAD)]
    made.move(3, 0)
    assert.deepEqual(first(), [3])
    made.move(3, 100)
    assert.deepEqual(first(), [0])
    made.move(7, 0)
    made.leave(0)
    made.leave(0)
    assert.deepEqual(first(), [1])
  })

  it('never gives more turns than there may be, nor withholds one that is free', () => {
    const states = fc.array(fc.record({ seeds: fc.boolean(), running: fc.boolean(), idle: fc.boolean() }))
    const limit = fc.integer({ min: 1, max: 4 })
    fc.assert(
      fc.property(limit, limit, states, (downloads, seeds, all) => {
        const turns = queue(downloads, seeds, all.length).turns((torrent) => all[torrent]!)
        for (const kind of [false, true]) {
          const busy = all.flatMap((state, i) => (state.seeds === kind && !state.idle ? [i] : []))
          const chosen = busy.filter((torrent) => turns.has(torrent))
          assert.deepEqual(chosen, busy.slice(0, kind ? seeds : downloads))
        }
        for (const [torrent, { idle }] of all.entries()) if (idle) assert.ok(turns.has(torrent))
      }),
    )
  })
})

describe('a session with more torrents than may be active', () => {
  const LENGTH = 512 * KIB

  /** One seeder of all, whose line lets a torrent take half a minute, and one that fetches them. */
  function scene(count: number, session: object) {
    const all = new ManyTorrents(count, LENGTH)
    const seeder = all.join({}, { up: 32 * KIB, down: 1 << 20 })
    const taker = all.join(session)
    for (let torrent = 0; torrent < count; torrent++) seeder.add(torrent, 'seed')
    all.pass(SECOND)
    for (let torrent = 0; torrent < count; torrent++) taker.add(torrent, 'download', [seeder])
    return { all, seeder, taker }
  }

  function until(all: ManyTorrents, taker: ReturnType<ManyTorrents['join']>, phases: string): void {
    for (let i = 0; i < 60 && taker.phases !== phases; i++) all.pass(5 * SECOND)
    assert.equal(taker.phases, phases)
  }

  it('downloads them in their order, so many at a time, and tells who waits', () => {
    const { all, taker } = scene(5, { maxActiveDownloads: 2 })
    all.pass(20 * SECOND)
    assert.equal(taker.phases, 'ddqqq')
    const waiting = taker.progress(4)!
    assert.deepEqual([waiting.why, waiting.peers, waiting.total], ['waits for its turn', 0, undefined])
    assert.deepEqual(taker.of(4), ['queued'])
    until(all, taker, 'sssss')
    assert.deepEqual(taker.of(4), ['queued', 'turn', 'metadata', 'files', 'done', 'seeding'])
  })

  it('has those that are complete wait for a place among the seeds, and tells once what is told of a torrent', () => {
    const { all, taker } = scene(3, { maxActiveDownloads: 1, maxActiveSeeds: 1 })
    until(all, taker, 'sqq')
    assert.deepEqual(
      [1, 2].map((torrent) => taker.progress(torrent)!.verified),
      [LENGTH, LENGTH],
    )
    // Nobody wants anything: who is idle takes no place, so in the end all seed.
    all.pass(200 * SECOND)
    assert.equal(taker.phases, 'sss')
    for (const torrent of [1, 2]) {
      const kinds = taker.of(torrent)
      for (const kind of ['metadata', 'files', 'done'])
        assert.equal(kinds.filter((each) => each === kind).length, 1)
    }
    assert.equal(taker.progress(2)!.received, LENGTH)
  })

  it('changes over at once when the order is changed, and goes on from what it has', () => {
    const { all, taker } = scene(2, { maxActiveDownloads: 1 })
    all.pass(10 * SECOND)
    assert.equal(taker.phases, 'dq')
    const had = taker.progress(0)!.received
    assert.ok(had > 64 * KIB)
    taker.host.command({ kind: 'move', torrent: 1, place: 0 })
    all.pass(10 * SECOND)
    assert.equal(taker.phases, 'qd')
    until(all, taker, 'ss')
    const { received } = taker.progress(0)!
    assert.ok(received < LENGTH + 64 * KIB * 4, `${received} fetched in two turns`)
  })

  it('reads what waits in its turn, and goes on in the next', () => {
    const { all, taker } = scene(2, { maxActiveDownloads: 1 })
    const end = 256 * KIB
    let at = 0
    const readOn = () => taker.host.command({ kind: 'read-on', torrent: 1, read: 1 })
    taker.host.command({ kind: 'read', torrent: 1, read: 1, begin: 0, end })
    readOn()
    const pass = (): void => {
      all.pass(SECOND)
      for (const event of taker.events.splice(0)) {
        if (event.kind !== 'read') continue
        at += event.bytes.length
        readOn()
      }
    }
    for (let i = 0; i < 5; i++) pass()
    assert.equal(at, 0, 'it waits')
    taker.host.command({ kind: 'move', torrent: 1, place: 0 })
    for (let i = 0; i < 60 && at === 0; i++) pass()
    assert.ok(at > 0 && at < end)
    taker.host.command({ kind: 'move', torrent: 0, place: 0 })
    for (let i = 0; i < 5; i++) pass()
    assert.equal(taker.phases, 'dq')
    taker.host.command({ kind: 'move', torrent: 1, place: 0 })
    for (let i = 0; i < 60 && at < end; i++) pass()
    assert.equal(at, end, 'each byte once')
  })

  it('starts another while one finds nobody', () => {
    const all = new ManyTorrents(3, LENGTH)
    const taker = all.join({ maxActiveDownloads: 1 })
    for (let torrent = 0; torrent < 3; torrent++) taker.add(torrent, 'download')
    all.pass(30 * SECOND)
    assert.equal(taker.phases.indexOf('q'), 1)
    all.pass(50 * SECOND)
    assert.equal(taker.phases.indexOf('q'), 2)
    all.pass(70 * SECOND)
    assert.equal(taker.phases.indexOf('q'), -1)
  })

  it('counts what a seed gave in all its turns towards its limit', () => {
    const all = new ManyTorrents(2, LENGTH)
    const seeder = all.join({ maxActiveSeeds: 1 })
    const [one, two] = [all.join(), all.join()]
    seeder.add(0, 'seed', [], { seedRatio: 1.5 })
    seeder.add(1, 'seed')
    one.add(0, 'download', [seeder])
    until(all, one, 's-')
    seeder.host.command({ kind: 'move', torrent: 1, place: 0 })
    all.pass(SECOND)
    assert.deepEqual([seeder.phases, seeder.progress(0)!.uploaded], ['qs', LENGTH])
    seeder.host.command({ kind: 'move', torrent: 0, place: 0 })
    all.pass(SECOND)
    one.host.command({ kind: 'remove', torrent: 0 })
    two.add(0, 'download', [seeder])
    all.pass(60 * SECOND)
    assert.deepEqual(seeder.of(0).slice(-2), ['seeded', 'removed'])
  })

  it('RS6: shares a download limit among its torrents', () => {
    const all = new ManyTorrents(3, 16 * LENGTH)
    const [seeder, taker] = [all.join(), all.join({ downloadLimit: 300 * KIB })]
    for (const torrent of [0, 1, 2]) seeder.add(torrent, 'seed')
    for (const torrent of [0, 1, 2]) taker.add(torrent, 'download', [seeder])
    all.pass(40 * SECOND)
    const received = [0, 1, 2].map((torrent) => taker.progress(torrent)!.received / (4000 * KIB))
    for (const share of received) assert.ok(Math.abs(share - 1) < 0.2, `${received}`)
  })

  it('removes one that waits, adds it again, and stops with some waiting', () => {
    const { all, taker } = scene(3, { maxActiveDownloads: 1 })
    all.pass(5 * SECOND)
    taker.host.command({ kind: 'remove', torrent: 1 })
    all.pass(SECOND)
    assert.equal(taker.phases, 'd-q')
    taker.add(1, 'download')
    taker.host.command({ kind: 'add-peer', torrent: 1, host: '198.51.100.1', port: 6881 })
    all.pass(SECOND)
    assert.deepEqual(taker.of(1), ['queued', 'removed', 'queued'])
    taker.host.command({ kind: 'move', torrent: 2, place: 0 })
    taker.host.command({ kind: 'remove', torrent: 0 })
    taker.host.command({ kind: 'stop' })
    all.pass(5 * SECOND)
    assert.equal(taker.events.at(-1)!.kind, 'stopped')
  })
})
