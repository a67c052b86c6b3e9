import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Rtorrent } from '../support/rtorrent.ts'
import { SharedContent } from '../support/shared-content.ts'

const HOST = '127.0.2.1'
const OWN = '127.0.3.1'
const PORT = 6900
/** Of the network in which they find each other. */
const NODES = 4

describe('rtorrent, found through a DHT of our own nodes', { skip: skipWithout('rtorrent') }, () => {
  it('seeds to our download, which knows a magnet link and one bootstrap address', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '127.0.1.', 1, NODES)
      const place = { host: HOST, port: PORT, folder: content.folder, state: await lab.room('rtorrent') }
      await Rtorrent.start(lab, content.torrent, { ...place, entry: dht.entry })
      await dht.announced(content.infoHash, 60_000, PORT)

      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.magnet, '--out', out, '--bootstrap', dht.entry],
        ...['--bind', OWN, '--state', await lab.room('state')],
      ])
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await content.assertArrived(out)
      assert.ok(ours.events('peer').some(({ host, source }) => host === HOST && source === 'dht'))
    })
  })

  it('downloads from our seed, knowing a torrent file and one bootstrap address', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '127.0.1.', 1, NODES)
      const folder = await lab.room('out')
      const place = { host: HOST, port: PORT, folder, state: await lab.room('rtorrent') }
      const rtorrent = await Rtorrent.start(lab, content.torrent, { ...place, entry: dht.entry })
      // It dials nobody, and a seed looks for peers when it starts: it must be there before.
      await dht.announced(content.infoHash, 60_000, PORT)

      const ours = LodestoneProgram.start(lab, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--bootstrap', dht.entry],
        ...['--bind', OWN, '--state', await lab.room('state')],
      ])
      await rtorrent.complete(120_000)
      await content.assertArrived(folder)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })
})
