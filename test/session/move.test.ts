import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { ManyTorrents } from './many-torrents.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LINE = { up: 1 << 20, down: 1 << 20 }
const NEW = '/elsewhere'

describe('a torrent that is moved', () => {
  it('DK22: asked for before its metadata is there, is moved once it has a store, and downloads without a break', () => {
    const swarm = new VirtualSwarm({ length: 4 << 20 })
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed', rates: LINE })] })
    leech.host.command({ kind: 'relocate', torrent: 1, out: NEW })
    swarm.until(() => leech.done)
    assert.deepEqual([leech.of('moved').map(({ out }) => out), leech.complaints], [[NEW], []])
    assert.equal(leech.of('move-ended').length, 1)
    const spec = { ...swarm.storeSpec(), out: NEW }
    assert.equal(leech.host.disk.volume(spec).used, 4 << 20)
    assert.equal(leech.progress.received, 4 << 20)
    leech.host.command({ kind: 'remove', torrent: 1, files: true })
    swarm.until(() => leech.of('removed').length > 0)
    assert.equal(leech.host.disk.used, 0, 'it is removed from where it is')
  })

  it('DK22: a session that stops meanwhile stops, and the next one goes on where it is then', () => {
    const swarm = new VirtualSwarm({ length: 4 << 20 })
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed', rates: LINE })] })
    swarm.until(() => leech.verified > 1 << 20)
    leech.host.disk.faults.seek = 2 * SECOND
    leech.host.command({ kind: 'relocate', torrent: 1, out: NEW })
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0)
    const order = leech.events.map(({ kind }) => kind).slice(-3)
    assert.deepEqual(order, ['moved', 'move-ended', 'stopped'])
  })

  it('DK22: one that waits for its turn is moved in it, and its next turns are there', () => {
    const all = new ManyTorrents(2, 512 * 1024)
    const seeder = all.join({}, { up: 32 * 1024, down: 1 << 20 })
    const taker = all.join({ maxActiveDownloads: 1 })
    for (const torrent of [0, 1]) seeder.add(torrent, 'seed')
    all.pass(SECOND)
    for (const torrent of [0, 1]) taker.add(torrent, 'download', [seeder])
    all.pass(SECOND)
    taker.host.command({ kind: 'relocate', torrent: 1, out: NEW })
    all.pass(SECOND)
    assert.deepEqual([taker.phases, taker.of(1)], ['dq', ['queued']])
    taker.host.command({ kind: 'move', torrent: 1, place: 0 })
    all.pass(10 * SECOND)
    taker.host.command({ kind: 'move', torrent: 1, place: 1 })
    all.pass(10 * SECOND)
    taker.host.command({ kind: 'move', torrent: 1, place: 0 })
    for (let i = 0; i < 60 && taker.phases !== 'ss'; i++) all.pass(5 * SECOND)
    assert.equal(taker.of(1).filter((kind) => kind === 'move-ended').length, 1)
    const spec = { ...all.payloads[1]!.storeSpec(NEW) }
    assert.equal(taker.host.disk.volume(spec).used, 512 * 1024)
    assert.ok(taker.progress(1)!.received < 1.2 * 512 * 1024)
  })
})
