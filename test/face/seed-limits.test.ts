import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { LodestoneEvent } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, noise, placeOf, within, withNodes } from './loopback.ts'

const LENGTH = 300_000

describe('how a torrent is added', () => {
  it('is checked: limits and the choice of whom a seed serves are refused by name', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      const hash = '00'.repeat(20)
      for (const [options, code] of [
        [{ seedRatio: -1 }, 'options/seedRatio'],
        [{ seedChoking: 'fair' as 'fastest' }, 'options/seedChoking'],
        [{ uploadLimit: 10 }, 'options/uploadLimit'],
      ] as const)
        assert.throws(() => node.add(hash, options), { kind: 'usage', code })
      const torrent = node.add(hash, { seedChoking: 'anti-leech', downloadLimit: 4096 })
      torrent.setLimits({ upload: 4096 })
      assert.throws(() => torrent.setLimits({ download: 1 }), { code: 'options/downloadLimit' })
    })
  })
})

describe('a node with more torrents than may be active', () => {
  it('tells who waits, and changes their order', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode({ maxActiveDownloads: 1 })
      const waits = next(node, 'queue')
      const [one, two] = ['11', '22'].map((byte) => node.add(byte.repeat(20)))
      const event = await waits
      assert.deepEqual(event, { type: 'queue', torrent: two!.infoHash, queued: true })
      assert.equal(two!.progress().phase, 'queued')
      assert.throws(() => two!.moveTo(-1), { code: 'options/place' })
      const changes = next(node, 'queue')
      two!.moveTo(0)
      assert.equal((await changes).queued, true)
      assert.equal(one!.progress().phase, 'queued')
      assert.notEqual(two!.progress().phase, 'queued')
    })
  })
})

describe('limits of seeding', () => {
  it('end a torrent that has given its content once: it is whole there, and may be added again', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const created = await noise(folder, 'content', LENGTH)
        const [seeder, leech] = [await openNode(), await openNode()]
        const serves = next(seeder, 'seeding')
        const given = seeder.add(created.metainfo, { mode: 'seed', out: folder, seedRatio: 1 })
        await serves
        const seen: LodestoneEvent[] = []
        const end = (async () => {
          for await (const event of given.events()) seen.push(event)
        })()
        const seeded = next(seeder, 'seeded')
        const taken = leech.add(created.magnet, { out: join(folder, 'out'), peers: [placeOf(seeder)] })
        const { path } = await within(20_000, 'the content', taken.done)
        const { added, metadata, complete } = taken.progress().stages
        assert.equal(added, 0)
        assert.ok(metadata! > 0 && complete! > metadata! && complete! < 20_000, 'milliseconds')
        const { seconds, ...summary } = await seeded
        assert.deepEqual(summary, {
          type: 'seeded',
          torrent: created.infoHash,
          limit: 'ratio',
          uploaded: LENGTH,
          length: LENGTH,
        })
        assert.ok(seconds > 0)
        await within(5000, 'the end of its events', end)
        assert.equal(seen.at(-1)!.type, 'seeded')
        await within(5000, 'the removal', given.remove())
        assert.ok((await readFile(path)).equals(await readFile(join(folder, 'content'))))
        const again = next(seeder, 'seeding')
        seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await again
      })
    })
  })
})
