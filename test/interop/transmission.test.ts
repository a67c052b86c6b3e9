import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipForeign } from '../support/foreign-programs.ts'
import { Laboratory, until } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'
import { Transmission } from '../support/transmission.ts'

/** It announces and searches only with more than eight nodes that answer; those that ping it are taken at once. */
const NODES = 40

const HOST = '10.77.1.2'
const PORT = 51_413

describe('Transmission, found through a DHT of our own nodes', { skip: skipForeign }, () => {
  it('seeds to our download, which knows a magnet link and one bootstrap address', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '10.77.1.', 11, NODES)
      const place = { host: HOST, port: PORT, folder: content.folder, state: await lab.room('transmission') }
      const seeder = await Transmission.start(lab, { ...place, entry: dht.entry })
      await seeder.add(content.torrent)
      dht.ping(HOST, PORT)
      await dht.announced(content.infoHash, 150_000, PORT)

      // Its own node leads into the network, too.
      const asker = LodestoneProgram.start(lab, 'peers', [
        ...['peers', content.infoHash, '--bootstrap', `${HOST}:${PORT}`],
        ...['--bind', '10.77.1.101', '--state', await lab.room('asker')],
      ])
      await asker.program.success(30_000)
      assert.ok(asker.events('peer').some(({ host, port }) => host === HOST && port === PORT))

      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.magnet, '--out', out, '--bootstrap', dht.entry],
        ...['--bind', '10.77.1.100', '--state', await lab.room('state')],
      ])
      const done = await ours.event('done', 120_000)
      await ours.program.success(15_000)

      await content.assertArrived(out)
      assert.equal(done['infoHash'], content.infoHash)
      assert.ok(ours.events('peer').some(({ host, source }) => host === HOST && source === 'dht'))
    })
  })

  it('downloads from our seed, knowing a magnet link and one bootstrap address', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '10.77.1.', 11, NODES)
      const ours = LodestoneProgram.start(lab, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--bootstrap', dht.entry],
        ...['--bind', '10.77.1.100', '--state', await lab.room('state')],
      ])
      await ours.event('seeding', 30_000)
      // Transmission searches once and then not for 25 minutes: we must be there before it starts.
      await dht.announced(content.infoHash, 60_000, 6881)

      const place = {
        host: HOST,
        port: PORT,
        folder: await lab.room('out'),
        state: await lab.room('transmission'),
      }
      const downloader = await Transmission.start(lab, { ...place, entry: dht.entry })
      await downloader.add(content.magnet)
      dht.ping(HOST, PORT)
      await until('Transmission has it all', () => downloader.complete(), 240_000)
      // What it still holds in memory it writes when it leaves.
      await downloader.program.stop()

      // Transmission 3.00 never creates a file without bytes.
      await content.assertArrived(place.folder, false)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })
})
