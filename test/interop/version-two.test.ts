import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'

const HOST = '127.0.2.1'
const OWN = '127.0.3.1'
const PORT = 6900
/** Nobody looks for anybody: who is to be met is named. */
const ALONE = ['--no-dht', '--no-lsd', '--bind', OWN, '--port', String(PORT)]

for (const version of ['v2', 'hybrid'] as const) {
  describe(`libtorrent and torrents of ${version === 'v2' ? 'version 2' : 'both versions'}`, {
    skip: skipWithout('libtorrent'),
  }, () => {
    for (const by of ['link', 'file'] as const) {
      it(`it seeds to our download by a ${by}`, async () => {
        await Laboratory.run(async (lab) => {
          const content = await SharedContent.prepare(lab, '64k', `--${version}`)
          const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
          await libtorrent.seed(content.torrent, content.infoHash, content.folder, 0)

          const out = await lab.room('out')
          const source = by === 'link' ? content.link : content.torrent
          const ours = LodestoneProgram.start(lab, 'download', [
            ...['download', source, '--peer', `${HOST}:${PORT}`, '--out', out],
            ...['--state', await lab.room('state'), ...ALONE],
          ])
          await ours.event('done', 60_000)
          await ours.program.success(15_000)
          await content.assertArrived(out)
        })
      })

      it(`it downloads from our seed by a ${by}`, async () => {
        await Laboratory.run(async (lab) => {
          const content = await SharedContent.prepare(lab, '64k', `--${version}`)
          const ours = LodestoneProgram.start(lab, 'seed', [
            ...['seed', content.torrent, '--out', content.folder],
            ...['--state', await lab.room('state'), ...ALONE],
          ])
          await ours.event('seeding', 30_000)

          const folder = await lab.room('out')
          const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
          if (by === 'link') libtorrent.fetch(`${content.link}&x.pe=${OWN}:${PORT}`, folder)
          else libtorrent.fetchFile(content.torrent, folder, OWN, PORT)
          await libtorrent.complete(content.infoHash, 90_000)
          assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
          await content.assertArrived(folder)
        })
      })
    }
  })
}
