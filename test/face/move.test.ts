import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { replay } from '../../sim/recorded/replay.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, noise, placeOf, within, withNodes } from './loopback.ts'

describe('torrent.move(folder)', () => {
  it('DK22: a download goes on in the new folder, and so does the next run; a seed serves on', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const created = await noise(folder, 'content', 600_000)
        const content = await readFile(join(folder, 'content'))
        const seeder = await openNode()
        const seed = seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await within(10_000, 'the seed', seed.done)
        const [out, to, state] = [join(folder, 'out'), join(folder, 'to', 'here'), join(folder, 'state')]
        const record = join(folder, 'record')
        const node = await openNode({ state, downloadLimit: 300_000, record })
        const torrent = node.add(created.magnet, { out, peers: [placeOf(seeder)] })
        await eventually('data', 10_000, async () => torrent.progress().verified > 0)
        const told = next(node, 'moved')
        const moved = torrent.move(to)
        assert.throws(() => torrent.move(to), { kind: 'usage', code: 'torrent/moving' })
        await within(10_000, 'the move', moved)
        const { out: where, files } = await told
        assert.deepEqual([where, files.map(({ path }) => path)], [to, [join(to, 'content')]])
        assert.deepEqual([await readdir(out), torrent.progress().peers], [[], 1])
        await within(10_000, 'the move of what it downloads from', seed.move(join(folder, 'seeds')))
        node.setLimits({})
        const { path } = await within(20_000, 'the download', torrent.done)
        assert.equal(path, join(to, 'content'))
        assert.ok((await readFile(path)).equals(content))
        assert.ok((await readFile(join(folder, 'seeds', 'content'))).equals(content))
        assert.equal(torrent.progress().wasted, 0)
        await node.close()
        assert.equal(replay(await readFile(record)).difference, undefined)
        const again = await openNode({ state })
        const { seconds } = await within(
          10_000,
          'the next run',
          again.add(created.metainfo, { out: to }).done,
        )
        assert.ok(seconds < 10)
        assert.deepEqual(await readdir(out), [])
      })
    })
  })

  it('DK22: what cannot be moved is told, and what is removed meanwhile is no more moved', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const node = await openNode()
        const created = await noise(folder, 'content', 1_000)
        const metadata = node.add(created.magnet, { mode: 'metadata' })
        assert.throws(() => metadata.move(folder), { kind: 'usage', code: 'torrent/no-content' })
        await metadata.remove()
        await noise(folder, 'other', 500)
        const seed = node.add(created.metainfo, { mode: 'seed', out: folder })
        const warned = next(node, 'warning')
        await assert.rejects(seed.move(join(folder, 'other')), {
          kind: 'storage',
          code: 'storage/unsafe-path',
        })
        assert.equal((await warned).code, 'storage/unsafe-path')
        await seed.move(folder)
        const torrent = node.add('ab'.repeat(20), { out: folder })
        const waiting = torrent.move(join(folder, 'there'))
        await torrent.remove()
        await assert.rejects(waiting, { code: 'torrent/removed' })
        assert.throws(() => torrent.move(folder), { code: 'torrent/removed' })
      })
    })
  })
})
