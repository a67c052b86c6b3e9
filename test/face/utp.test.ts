import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { open, type Transport } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, noise, placeOf, within, withNodes } from './loopback.ts'

const LENGTH = 8 * 1024 * 1024

describe('uTP on real sockets', () => {
  for (const host of ['127.0.0.1', '::1']) {
    for (const [seeding, downloading] of [
      ['utp', 'utp'],
      ['both', 'utp'],
      ['utp', 'both'],
    ] as [Transport, Transport][]) {
      it(`brings a download from a seed that takes ${seeding} to who takes ${downloading}, on ${host}`, async () => {
        await inTempFolder(async (folder) => {
          await withNodes(async (openNode) => {
            const created = await noise(folder, 'content', LENGTH)
            const common = { dht: false, bind: [host] }
            const seed = await openNode({ ...common, transport: seeding })
            const node = await openNode({ ...common, transport: downloading })
            const seeds = next(seed, 'seeding')
            seed.add(created.metainfo, { out: folder, mode: 'seed' })
            await seeds
            const torrent = node.add(created.metainfo, { out: join(folder, 'out'), peers: [placeOf(seed)] })
            await within(30_000, 'the download', torrent.done)
            const [there, here] = [join(folder, 'content'), join(folder, 'out', 'content')]
            assert.deepEqual(await readFile(here), await readFile(there))
          })
        })
      })
    }
  }

  it('is refused together with a proxy, which it would pass by', async () => {
    for (const transport of ['utp', 'both'] as const) {
      const opening = open({ state: false, proxy: 'socks5://127.0.0.1:1', transport })
      await assert.rejects(opening, { code: 'options/proxy', message: /uTP/ })
    }
  })

  it('is refused by a wrong name of the option, which is named', async () => {
    await withNodes(async (openNode) => {
      await assert.rejects(openNode({ transport: 'udp' as Transport }), { code: 'options/transport' })
    })
  })
})
