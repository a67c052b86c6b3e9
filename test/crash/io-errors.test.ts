import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../sim/engine/rng.ts'
import { CrashRig, LENGTH } from './crash-rig.ts'

/** Calls of `name` on the content fail from when `met` holds. */
function failing(
  name: string,
  rig: () => CrashRig,
  met: (rig: CrashRig) => boolean,
): { fails(name: string, path: string): string | undefined } {
  return {
    fails: (called, path) =>
      called === name && path.startsWith('/torrents/') && met(rig()) ? 'EIO' : undefined,
  }
}

describe('a disk that reports errors', () => {
  it('DK3: a write that fails ends the torrent with one sentence; what it had is kept for the next start', async () => {
    const rig: CrashRig = new CrashRig(
      1,
      failing(
        'write',
        () => rig,
        ({ leech }) => leech.verified > LENGTH / 2,
      ),
    )
    await rig.until(() => rig.leech.of('error').length > 0)
    const [error] = rig.leech.of('error')
    assert.deepEqual([error!.code, error!.error], ['storage/io', 'storage'])
    assert.match(error!.message, /^Reading or writing \/torrents\/payload\/\S+ failed \(EIO\)\.$/)
    assert.equal(rig.leech.progress.phase, 'failed')
    assert.deepEqual(rig.leech.complaints, ['storage/io'])
    await rig.stop()
    const kept = rig.journal?.trusted.size ?? 0
    assert.ok(kept > 0)
    rig.boot()
    await rig.finish()
    assert.deepEqual([rig.right.size, rig.leech.complaints], [rig.pieceCount, []])
    assert.ok(rig.fetched < LENGTH / 2)
  })

  it('DK3: one that cannot be read serves nothing more', async () => {
    const rig = new CrashRig(1)
    await rig.finish()
    let reads = 0
    rig.boot(
      failing(
        'read',
        () => rig,
        () => reads++ >= 3,
      ),
    )
    const other = rig.swarm.join({ peers: [rig.leech] })
    await rig.until(() => rig.leech.of('error').length > 0)
    assert.equal(rig.leech.of('error')[0]!.code, 'storage/io')
    assert.equal(rig.leech.progress.peers, 0)
    assert.deepEqual(other.banned, [])
  })

  it('DK3 DK15: after a sync that failed nothing is called safe, though the next one succeeds', async () => {
    let failures = 0
    const rig: CrashRig = new CrashRig(
      1,
      failing(
        'sync',
        () => rig,
        ({ leech }) => leech.verified > 0 && failures++ === 0,
      ),
    )
    await rig.until(() => rig.leech.of('error').length > 0)
    assert.equal(rig.leech.of('error')[0]!.code, 'storage/io')
    await rig.stop()
    assert.ok(failures > 1, 'it was tried again')
    rig.disk.cut(streamFor(1, 0, 'power cut'))
    for (const piece of rig.journal?.trusted ?? []) assert.ok(rig.right.has(piece), `${piece} is recorded`)
    rig.boot()
    await rig.finish()
    assert.equal(rig.right.size, rig.pieceCount)
  })
})
