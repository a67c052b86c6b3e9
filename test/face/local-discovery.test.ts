import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTorrent } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, noise, within, withNodes } from './loopback.ts'

const LOCAL = { dht: false, lsd: true }

describe('local discovery (BEP 14)', () => {
  it('lets nodes on one machine that know nobody find each other, and the content comes over', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const { magnet, metainfo } = await noise(folder, 'content', 100_000)
        const [seeder, leech] = [await openNode(LOCAL), await openNode(LOCAL)]
        const sources: string[] = []
        for (const node of [seeder, leech]) node.on('peer', ({ source }) => sources.push(source))
        seeder.add(metainfo, { out: folder, mode: 'seed' })
        await within(20_000, 'the content', leech.add(magnet, { out: join(folder, 'copy') }).done)
        assert.ok(sources.includes('lsd'), `${sources}`)
      })
    })
  })

  it('MD21, RS4: tells and hears nothing of private torrents, nor without being asked to', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        await noise(folder, 'secret', 50_000)
        const secret = await createTorrent(join(folder, 'secret'), { private: true })
        const open = await noise(folder, 'open', 50_000)
        const nodes = [await openNode(LOCAL), await openNode(LOCAL)]
        const deaf = await openNode({ ...LOCAL, lsd: false })
        const found: string[] = []
        for (const node of [...nodes, deaf])
          node.on('peer', ({ torrent, source }) =>
            found.push(`${node === deaf ? 'deaf' : source} ${torrent === open.infoHash ? 'open' : torrent}`),
          )
        for (const { metainfo, infoHash } of [secret, open])
          for (const [i, node] of [...nodes, deaf].entries())
            node.add(metainfo, { out: join(folder, `${i}`, infoHash) })
        await Promise.all(nodes.map((node) => next(node, 'peer')))
        for (const what of found) assert.match(what, /^(lsd|incoming) open$/)
      })
    })
  })
})
