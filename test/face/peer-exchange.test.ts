import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { noise, placeOf, within, withNodes } from './loopback.ts'

describe('peer exchange', () => {
  it('PX11: nodes without a DHT that know one address find each other', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (openNode) => {
        const created = await noise(folder, 'content', 100_000)
        const [middle, other, third] = [
          await openNode({ dht: false }),
          await openNode({ dht: false }),
          await openNode({ dht: false }),
        ]
        const found = new Promise<string>((resolve) => {
          for (const node of [other, third])
            node.on('peer', ({ source }) => {
              if (source === 'pex') resolve(source)
            })
        })
        // Nobody has the content, so nobody leaves.
        for (const [name, node] of Object.entries({ middle, other, third })) {
          const peers = node === middle ? [] : [placeOf(middle)]
          node.add(created.metainfo, { out: join(folder, name), peers })
        }
        assert.equal(await within(20_000, 'a peer named by another', found), 'pex')
      })
    })
  })
})
