import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'

const HOST = '127.0.2.2'
const OWN = '127.0.3.2'
const PORT = 6901
const ALONE = ['--no-dht', '--no-lsd', '--bind', OWN, '--port', String(PORT)]

describe('libtorrent over uTP alone (BEP 29)', { skip: skipWithout('libtorrent') }, () => {
  // The one that speaks both must find out by itself.
  for (const transport of ['utp', 'both']) {
    it(`seeds to our download with --transport ${transport}, byte for byte`, async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '256k')
        const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
        libtorrent.speakUtpAlone()
        await libtorrent.seed(content.torrent, content.infoHash, content.folder, 0)

        const out = await lab.room('out')
        const link = `${content.magnet}&x.pe=${HOST}:${PORT}`
        const ours = LodestoneProgram.start(lab, 'download', [
          ...['download', link, '--out', out, '--state', await lab.room('state'), ...ALONE],
          ...['--transport', transport],
        ])
        await ours.event('done', 90_000)
        await ours.program.success(15_000)
        await content.assertArrived(out)
      })
    })

    it(`downloads from our seed with --transport ${transport}, byte for byte`, async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '256k')
        const ours = LodestoneProgram.start(lab, 'seed', [
          ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('state'), ...ALONE],
          ...['--transport', transport],
        ])
        await ours.event('seeding', 30_000)

        const folder = await lab.room('out')
        const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
        libtorrent.speakUtpAlone()
        libtorrent.fetch(`${content.magnet}&x.pe=${OWN}:${PORT}`, folder)
        await libtorrent.complete(content.infoHash, 90_000)
        assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
        await content.assertArrived(folder)
      })
    })
  }
})
