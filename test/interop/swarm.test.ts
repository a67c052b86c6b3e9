/** One swarm of several programs: who seeds is slow enough that the others must share. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { aria2Downloader } from '../support/aria2.ts'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Rtorrent } from '../support/rtorrent.ts'
import { SharedContent } from '../support/shared-content.ts'

const PORT = 6900
const SEEDER = '127.0.2.1'
const OWN = ['127.0.3.1', '127.0.3.2']
/** Bytes a second: eight seconds for one downloader alone, in which the others have long begun. */
const SEED_LIMIT = 8 * 1024 * 1024
const WAIT = 150_000

const skip = skipWithout('libtorrent') || skipWithout('rtorrent')

describe('a seed of libtorrent, with aria2, rtorrent and two of ours that download', { skip }, () => {
  it('ends with all of it everywhere, and ours have some from others than the seed', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '127.0.1.', 1, 4)
      const { entry } = dht
      // Magnet links, so that all but the seed have the metadata from each other or from the seed.
      const place = async (name: string, host: string) => ({
        ...{ host, port: PORT, entry },
        ...{ folder: await lab.room(`${name}-out`), state: await lab.room(name) },
      })
      const seed = await Libtorrent.start(lab, { host: SEEDER, port: PORT, entry })
      await seed.seed(content.torrent, content.infoHash, content.folder, SEED_LIMIT)
      await dht.announced(content.infoHash, WAIT, PORT)

      const atRtorrent = { ...(await place('rtorrent', '127.0.2.2')), port: PORT + 1 }
      const rtorrent = await Rtorrent.start(lab, content.magnet, atRtorrent, ['protocol.pex.set = yes'])
      const atAria2 = { ...(await place('aria2', '127.0.2.3')), port: PORT + 2 }
      const aria2 = aria2Downloader(lab, content.magnet, atAria2, ['--enable-peer-exchange=true'])
      // Who finds them can ask of them.
      await dht.announced(content.infoHash, WAIT, atRtorrent.port)
      await dht.announced(content.infoHash, WAIT, atAria2.port)

      const ours = await Promise.all(
        OWN.map(async (host) => {
          const { folder: out, state } = await place(host, host)
          const args = ['download', content.magnet, '--keep-seeding', '--out', out]
          const network = ['--no-lsd', '--bootstrap', entry, '--bind', host, '--state', state]
          return { host, out, lodestone: LodestoneProgram.start(lab, host, [...args, ...network]) }
        }),
      )
      await Promise.all([
        ...ours.map(({ lodestone }) => lodestone.event('done', WAIT)),
        rtorrent.complete(WAIT),
        aria2.success(WAIT),
      ])
      for (const { folder } of [atRtorrent, atAria2]) await content.assertArrived(folder)
      for (const { out } of ours) await content.assertArrived(out)
      const sent = await seed.blocksSent()
      for (const { host, lodestone } of ours) {
        const { length } = await lodestone.event('metadata', 0)
        assert.ok((sent.get(host) ?? 0) < Number(length) / BLOCK_LENGTH, `${host} had all from the seed`)
        assert.deepEqual(await lodestone.program.stop(), { code: 143, signal: null })
      }
    })
  })
})
