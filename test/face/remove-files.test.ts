import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { replay } from '../../sim/recorded/replay.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, noise, placeOf, within, withNodes } from './loopback.ts'

describe('torrent.remove({ files })', () => {
  it('DK27: removes what it has downloaded and its resume data, and nothing beside', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const created = await noise(folder, 'content', 400_000)
        const seeder = await openNode()
        const seed = seeder.add(created.metainfo, { mode: 'seed', out: folder })
        const [out, state] = [join(folder, 'out'), join(folder, 'state')]
        const record = join(folder, 'record')
        const node = await openNode({ state, downloadLimit: 200_000, record })
        const torrent = node.add(created.magnet, { out, peers: [placeOf(seeder)] })
        await eventually('data', 10_000, async () => torrent.progress().verified > 0)
        const removed = torrent.remove({ files: true })
        assert.equal(torrent.remove(), removed)
        assert.equal(torrent.remove({ files: true }), removed)
        await within(10_000, 'the removal', removed)
        assert.deepEqual([await readdir(out), await readdir(join(state, 'resume'))], [[], []])
        assert.ok((await stat(join(folder, 'content'))).isFile())
        await within(10_000, 'the seed to go', seed.remove({ files: true }))
        assert.deepEqual((await readdir(folder)).sort(), ['out', 'record', 'state'])
        await node.close()
        assert.equal(replay(await readFile(record)).difference, undefined)
      })
    })
  })

  it('DK27: is refused where there are no files to remove with it any more', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const node = await openNode()
        const created = await noise(folder, 'content', 1_000)
        const metadata = node.add(created.magnet, { mode: 'metadata' })
        assert.throws(() => metadata.remove({ files: true }), { kind: 'usage', code: 'torrent/no-content' })
        await metadata.remove()
        const seed = node.add(created.metainfo, { mode: 'seed', out: folder })
        const removed = seed.remove()
        assert.throws(() => seed.remove({ files: true }), { kind: 'usage', code: 'torrent/leaving' })
        await removed
        assert.throws(() => seed.remove({ files: true }), { kind: 'closed', code: 'torrent/removed' })
        assert.ok((await stat(join(folder, 'content'))).isFile())
      })
    })
  })
})
