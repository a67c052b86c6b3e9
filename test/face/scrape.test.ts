import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, noise, placeOf, within, withNodes } from './loopback.ts'

describe('a scrape over real sockets', () => {
  it('tells how many seed and how many do not, by address', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const asker = await openNode()
        const bootstrap = [placeOf(asker)]
        const seeder = await openNode({ bind: ['127.0.0.2'], bootstrap })
        const others = [
          await openNode({ bind: ['127.0.0.3'], bootstrap }),
          await openNode({ bind: ['127.0.0.4'], bootstrap }),
        ]
        const all = [asker, seeder, ...others]
        await eventually('all to know all', 10_000, async () => all.every((node) => node.stats().nodes === 3))
        const created = await noise(folder, 'payload.bin', 65_536)
        const { infoHash } = created
        const seeding = next(seeder, 'seeding')
        seeder.add(created.metainfo, { mode: 'seed', out: folder })
        await seeding
        for (const [i, other] of others.entries()) {
          await within(10_000, 'an announce', other.lookup(infoHash, { announce: 7000 + i }).result)
        }
        await eventually('the seed to be found', 10_000, async () => {
          const { scrape } = await within(10_000, 'a scrape', asker.lookup(infoHash, { scrape: true }).result)
          return scrape?.seeds === 1 && scrape.downloaders === 2 && !scrape.saturated
        })
        const { scrape } = await within(10_000, 'a look-up', asker.lookup(infoHash).result)
        assert.equal(scrape, undefined)
      })
    })
  })
})
