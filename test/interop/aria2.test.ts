import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aria2Downloader, aria2Seeder } from '../support/aria2.ts'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipForeign } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'

describe('aria2, found through a DHT of bittorrent-dht nodes', { skip: skipForeign }, () => {
  it('seeds to our download, which knows a magnet link and one bootstrap address', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'foreign', '127.0.1.', 1, 20)
      const place = { host: '127.0.2.1', port: 6900, folder: content.folder, state: await lab.room('aria2') }
      aria2Seeder(lab, content.torrent, { ...place, entry: dht.entry })
      await dht.announced(content.infoHash, 60_000, 6900)

      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.magnet, '--out', out, '--bootstrap', dht.entry],
        ...['--bind', '127.0.2.2', '--state', await lab.room('state')],
      ])
      const done = await ours.event('done', 60_000)
      await ours.program.success(15_000)

      await content.assertArrived(out)
      assert.equal(done['infoHash'], content.infoHash)
      assert.ok(ours.events('peer').some(({ host, source }) => host === '127.0.2.1' && source === 'dht'))
    })
  })

  it('downloads from our seed, knowing a magnet link and one bootstrap address', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'foreign', '127.0.1.', 1, 20)
      const ours = LodestoneProgram.start(lab, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--bootstrap', dht.entry],
        ...['--bind', '127.0.2.2', '--state', await lab.room('state')],
      ])
      await ours.event('seeding', 30_000)
      await dht.announced(content.infoHash, 60_000, 6881)

      const place = {
        host: '127.0.2.1',
        port: 6900,
        folder: await lab.room('out'),
        state: await lab.room('aria2'),
      }
      const aria2 = aria2Downloader(lab, content.magnet, { ...place, entry: dht.entry })
      await aria2.success(150_000)

      await content.assertArrived(place.folder)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })
})
