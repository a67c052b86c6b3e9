import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LINE = { up: 1 << 20, down: 1 << 20 }

type Member = ReturnType<VirtualSwarm['join']>

function removeWithFiles(swarm: VirtualSwarm, member: Member): void {
  member.host.command({ kind: 'remove', torrent: 1, files: true })
  swarm.until(() => member.of('removed').length > 0)
}

/** What is left on its disk. */
function left({ volume, host }: Member): readonly [folder: boolean, used: number, journal: number] {
  return [volume.folder, host.disk.used, volume.journal.length]
}

const NOTHING = [false, 0, 0]

describe('a torrent that is removed with its files', () => {
  it('DK27: in the middle of a download it is stopped first, and then nothing of it is left', () => {
    const swarm = new VirtualSwarm({ length: 4 << 20 })
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed', rates: LINE })] })
    swarm.until(() => leech.verified > 1 << 20)
    removeWithFiles(swarm, leech)
    assert.deepEqual([left(leech), leech.complaints], [NOTHING, []])
    leech.host.kill()
    leech.boot()
    swarm.until(() => leech.done)
    assert.deepEqual([leech.whole, leech.complaints], [true, []])
  })

  it('DK27: so it is for one that seeds, and without files they stay', () => {
    const swarm = new VirtualSwarm()
    const [one, other] = [swarm.join({ mode: 'seed' }), swarm.join({ mode: 'seed' })]
    swarm.pass(5 * SECOND)
    removeWithFiles(swarm, one)
    other.host.command({ kind: 'remove', torrent: 1 })
    swarm.until(() => other.of('removed').length > 0)
    assert.deepEqual([left(one), other.whole], [NOTHING, true])
  })

  it('DK27: a link whose metadata is saved knows the files of an earlier run, one without has none', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed', rates: LINE })] })
    swarm.until(() => leech.done)
    leech.host.kill()
    leech.events.length = 0
    leech.boot()
    leech.host.command({ kind: 'remove', torrent: 1, files: true })
    swarm.until(() => leech.of('removed').length > 0)
    assert.deepEqual(left(leech), NOTHING)
    const stranger = swarm.join()
    removeWithFiles(swarm, stranger)
    assert.deepEqual(stranger.complaints, [])
  })

  it('DK27: one that has failed, too; what the disk says is told, and the session stops after it', () => {
    const swarm = new VirtualSwarm({ length: 4 << 20 })
    const leech = swarm.join({ peers: [swarm.join({ mode: 'seed', rates: LINE })] })
    swarm.until(() => leech.verified > 1 << 20)
    leech.volume.lengths.fill(-1)
    swarm.until(() => leech.of('error').length > 0)
    leech.host.disk.faults.readOnly = true
    leech.host.command({ kind: 'remove', torrent: 1, files: true })
    leech.host.command({ kind: 'stop' })
    swarm.until(() => leech.of('stopped').length > 0)
    assert.deepEqual(leech.complaints.slice(-1), ['storage/read-only'])
    const kinds = leech.events.map(({ kind }) => kind)
    assert.deepEqual(kinds.slice(-3), ['warning', 'removed', 'stopped'])
  })

  it('DK27: what is not its own stays, though it lies under its names', () => {
    const swarm = new VirtualSwarm()
    const leech = swarm.join({ at: SECOND, informed: true })
    leech.volume.fill(swarm.payload)
    leech.poison()
    swarm.until(() => leech.of('error').length > 0)
    removeWithFiles(swarm, leech)
    assert.deepEqual(leech.complaints, ['storage/foreign-files', 'storage/left'])
    assert.match(leech.of('warning')[0]!.message, /payload\.bin is not known to be of this torrent\.$/)
    assert.deepEqual([leech.volume.folder, leech.volume.lengths], [true, [1 << 20]])
  })

  it('DK27: one that waits for its turn has what its last turn left', () => {
    const swarm = new VirtualSwarm({ length: 4 << 20 })
    const leech = swarm.join({
      peers: [swarm.join({ mode: 'seed', rates: LINE })],
      session: { maxActiveDownloads: 1 },
    })
    swarm.until(() => leech.verified > 1 << 20)
    const source = { infoHash: new Uint8Array(20).fill(3), name: 'other', peers: [], nodes: [] }
    const options = {
      out: '/torrents',
      mode: 'download',
      overwrite: false,
      recheck: false,
      maxPeers: 5,
    } as const
    leech.host.command({ kind: 'add', torrent: 2, source: { ...source, metadata: undefined }, options })
    leech.host.command({ kind: 'move', torrent: 2, place: 0 })
    swarm.until(() => leech.progress.phase === 'queued')
    assert.notDeepEqual(left(leech), NOTHING)
    removeWithFiles(swarm, leech)
    assert.deepEqual(left(leech), NOTHING)
  })
})
