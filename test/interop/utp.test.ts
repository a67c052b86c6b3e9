import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory, until } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'
import { Transmission } from '../support/transmission.ts'

const HOST = '127.0.2.2'
const OWN = '127.0.3.2'
const PORT = 6901
/** Transmission announces and searches only with more than eight nodes that answer. */
const NODES = 40
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

describe('Transmission over uTP alone (BEP 29): TCP between us is dropped', {
  skip: skipWithout('nft'),
}, () => {
  const host = '10.77.1.2'
  const own = ['--bind', '10.77.1.100', '--port', '6881', '--no-dht', '--no-lsd']
  const peer = ['--peer', `${host}:51413`]

  /** `entry`: a DHT node; by default none, and it knows nobody: we dial. */
  async function start(lab: Laboratory, folder: string, entry = '10.77.1.200:1'): Promise<Transmission> {
    await lab.call(
      [
        'nft',
        'add table inet t; add chain inet t i { type filter hook input priority 0; }; add rule inet t i tcp dport { 6881, 51413 } drop',
      ],
      10_000,
    )
    const state = await lab.room('transmission')
    return Transmission.start(lab, { host, port: 51_413, entry, folder, state, utp: true })
  }

  it('seeds to our download, byte for byte', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const seeder = await start(lab, content.folder)
      await seeder.add(content.torrent)
      await until('Transmission has checked it', () => seeder.complete(), 30_000)
      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.magnet, '--out', out, '--state', await lab.room('state'), ...own, ...peer],
      ])
      await ours.event('done', 90_000)
      await ours.program.success(15_000)
      await content.assertArrived(out)
    })
  })

  it('downloads from our seed, byte for byte', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const folder = await lab.room('out')
      const downloader = await start(lab, folder)
      await downloader.add(content.torrent)
      const ours = LodestoneProgram.start(lab, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('state')],
        ...own,
        ...peer,
      ])
      await until('Transmission has it all', () => downloader.complete(), 120_000)
      // What it still holds in memory it writes when it leaves.
      await downloader.program.stop()
      await content.assertArrived(folder, false)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })

  it('dials our seed over uTP, of which the DHT alone has told it, byte for byte', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '10.77.1.', 11, NODES)
      const ours = LodestoneProgram.start(lab, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('state')],
        ...['--bind', '10.77.1.100', '--port', '6881', '--no-lsd', '--bootstrap', dht.entry],
      ])
      await ours.event('seeding', 30_000)
      // Transmission searches once and then not for 25 minutes: we must be there before it starts.
      await dht.announced(content.infoHash, 60_000, 6881)

      const folder = await lab.room('out')
      const downloader = await start(lab, folder, dht.entry)
      await downloader.add(content.magnet)
      dht.ping(host, 51_413)
      await until('Transmission has it all', () => downloader.complete(), 240_000)
      // What it still holds in memory it writes when it leaves.
      await downloader.program.stop()
      await content.assertArrived(folder, false)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })
})
