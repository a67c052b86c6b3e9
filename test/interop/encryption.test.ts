/** Encrypted streams with the programs that people use, each of which is told to take no others. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Aria2Options, aria2Downloader, aria2Seeder } from '../support/aria2.ts'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipForeign, skipWithout } from '../support/foreign-programs.ts'
import { Laboratory, until } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'
import { Transmission } from '../support/transmission.ts'

const HOST = '127.0.2.1'
const OWN = '127.0.3.1'
const PORT = 6900
const AT_LAN = '10.77.1.2'
const OWN_AT_LAN = '10.77.1.100'

/** Downloads by `link`, and has all. */
async function download(
  lab: Laboratory,
  content: SharedContent,
  link: string,
  own: string,
  ...more: string[]
): Promise<void> {
  const out = await lab.room('out')
  const ours = LodestoneProgram.start(lab, 'download', [
    ...['download', link, '--out', out, '--state', await lab.room('state')],
    ...['--no-dht', '--no-lsd', '--bind', own, '--port', String(PORT), ...more],
  ])
  await ours.event('done', 60_000)
  await ours.program.success(15_000)
  await content.assertArrived(out)
}

async function seed(
  lab: Laboratory,
  content: SharedContent,
  own: string,
  ...more: string[]
): Promise<LodestoneProgram> {
  const ours = LodestoneProgram.start(lab, 'seed', [
    ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('state')],
    ...['--no-lsd', '--bind', own, '--port', String(PORT), ...more],
  ])
  await ours.event('seeding', 30_000)
  return ours
}

describe('libtorrent that insists', { skip: skipWithout('libtorrent') }, () => {
  for (const [level, mode] of [
    ['rc4', 'prefer'],
    ['rc4', 'require'],
    ['plaintext', 'prefer'],
  ] as const) {
    it(`on ${level} seeds to our download with ${mode}`, async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '256k')
        const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
        libtorrent.insist(level)
        await libtorrent.seed(content.torrent, content.infoHash, content.folder, 0)
        const link = `${content.magnet}&x.pe=${HOST}:${PORT}`
        await download(lab, content, link, OWN, '--encryption', mode)
      })
    })

    it(`on ${level} downloads from our seed with ${mode}`, async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '256k')
        const ours = await seed(lab, content, OWN, '--no-dht', '--encryption', mode)
        const folder = await lab.room('out')
        const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
        libtorrent.insist(level)
        libtorrent.fetch(`${content.magnet}&x.pe=${OWN}:${PORT}`, folder)
        await libtorrent.complete(content.infoHash, 90_000)
        assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
        await content.assertArrived(folder)
      })
    })
  }
})

describe('Transmission that requires encryption', { skip: skipForeign }, () => {
  const start = async (lab: Laboratory, folder: string): Promise<Transmission> => {
    const state = await lab.room('transmission')
    const entry = `${OWN_AT_LAN}:${PORT}`
    return await Transmission.start(lab, {
      host: AT_LAN,
      port: PORT,
      folder,
      state,
      entry,
      encryption: 'require',
    })
  }

  it('seeds to our download', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const transmission = await start(lab, content.folder)
      await transmission.add(content.torrent)
      await until('Transmission has checked it', () => transmission.complete(), 60_000)
      await download(lab, content, `${content.magnet}&x.pe=${AT_LAN}:${PORT}`, OWN_AT_LAN)
    })
  })

  it('downloads from our seed', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const folder = await lab.room('out')
      const transmission = await start(lab, folder)
      await transmission.add(content.torrent)
      await seed(lab, content, OWN_AT_LAN, '--no-dht', '--peer', `${AT_LAN}:${PORT}`)
      await until('Transmission has it all', () => transmission.complete(), 90_000)
      await transmission.program.stop()
      // Transmission 3.00 never creates a file without bytes.
      await content.assertArrived(folder, false)
    })
  })
})

describe('aria2 that requires encryption', { skip: skipForeign }, () => {
  const FORCED = ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4']
  const place = async (lab: Laboratory, folder: string, entry: string): Promise<Aria2Options> => {
    return { host: HOST, port: PORT, folder, state: await lab.room('aria2'), entry }
  }

  it('seeds to our download', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const aria2 = aria2Seeder(
        lab,
        content.torrent,
        await place(lab, content.folder, `${OWN}:${PORT}`),
        FORCED,
      )
      await aria2.line('its port', (line) => line.includes(`listening on TCP port ${PORT}`), 30_000)
      await download(lab, content, `${content.magnet}&x.pe=${HOST}:${PORT}`, OWN)
    })
  })

  it('downloads from our seed, which it finds through a DHT', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const dht = await DhtNetwork.start(lab, 'own', '127.0.1.', 1, 4)
      const ours = await seed(lab, content, OWN, '--bootstrap', dht.entry)
      await dht.announced(content.infoHash, 60_000, PORT)
      const folder = await lab.room('out')
      const aria2 = aria2Downloader(lab, content.magnet, await place(lab, folder, dht.entry), FORCED)
      await aria2.success(150_000)
      await content.assertArrived(folder)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })
})
