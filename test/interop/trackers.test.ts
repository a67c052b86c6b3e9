import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Opentracker } from '../support/opentracker.ts'
import { SharedContent } from '../support/shared-content.ts'

const HOST = '127.0.2.1'
const OWN = '127.0.3.1'
const TRACKER = '127.0.4.1'
const PORT = 6900
/** A tracker is all that leads from one to the other. */
const ALONE = ['--no-dht', '--no-lsd', '--bind', OWN, '--port', String(PORT)]

describe('libtorrent and ours, which know nothing but opentracker', {
  skip: skipWithout('libtorrent') || skipWithout('opentracker'),
}, () => {
  for (const protocol of ['http', 'udp'] as const) {
    it(`it seeds to our download over ${protocol}`, async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '256k')
        const tracker = await Opentracker.start(lab, TRACKER, 6969, content.infoHash)
        const link = `${content.magnet}&tr=${tracker[protocol]}`
        const out = await lab.room('out')
        const ours = LodestoneProgram.start(lab, 'download', [
          ...['download', link, '--trackers', '--out', out, '--state', await lab.room('state'), ...ALONE],
        ])
        const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
        await libtorrent.seed(content.torrent, content.infoHash, content.folder, 0, tracker[protocol])
        await ours.event('done', 90_000)
        await ours.program.success(15_000)
        await content.assertArrived(out)
      })
    })

    it(`it downloads from our seed over ${protocol}`, async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '256k')
        const tracker = await Opentracker.start(lab, TRACKER, 6969, content.infoHash)
        const ours = LodestoneProgram.start(lab, 'seed', [
          ...['seed', content.torrent, '--out', content.folder, '--tracker', tracker[protocol]],
          ...['--state', await lab.room('state'), ...ALONE],
        ])
        await ours.event('seeding', 30_000)
        const folder = await lab.room('out')
        const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
        libtorrent.fetch(`${content.magnet}&tr=${tracker[protocol]}`, folder)
        await libtorrent.complete(content.infoHash, 90_000)
        assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
        await content.assertArrived(folder)
      })
    })
  }
})
