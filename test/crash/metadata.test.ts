import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { CrashRig } from './crash-rig.ts'

/** Everybody else is gone when it starts again. */
async function alone(rig: CrashRig): Promise<void> {
  rig.kill()
  rig.seed.host.kill()
  rig.boot()
  const end = rig.swarm.world.now + 5 * SECOND
  rig.swarm.world.at(end, () => {})
  await rig.until(() => rig.swarm.world.now >= end)
}

describe('a magnet link whose process is killed', () => {
  for (const call of ['create', 'half write', 'write', 'rename']) {
    it(`MD24: goes on as a magnet link when that was before its metadata was saved (${call})`, async () => {
      const rig = new CrashRig(1, { dies: (name, path) => name === call && path.includes('/metadata/') })
      await rig.until(() => !rig.alive)
      await alone(rig)
      assert.deepEqual([rig.leech.of('metadata'), rig.leech.complaints], [[], []])
      assert.equal(rig.leech.progress.total, undefined)
      rig.seed.boot()
      await rig.finish()
      assert.equal(rig.right.size, rig.pieceCount)
      assert.ok(!rig.names.some((name) => /\.info\./.test(name)))
    })
  }

  it('MD24: goes on as a torrent, without any network, when it had been saved', async () => {
    const rig = new CrashRig(1, { dies: (_name, path) => path.startsWith('/torrents/payload/') })
    await rig.until(() => !rig.alive)
    await alone(rig)
    assert.equal(rig.leech.of('metadata').length, 1)
    assert.equal(rig.leech.progress.phase, 'downloading')
    assert.deepEqual(rig.leech.of('files')[0]!.files.length, rig.info.files.length)
  })
})
