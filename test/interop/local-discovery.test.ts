import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aria2Downloader, aria2Seeder } from '../support/aria2.ts'
import { skipForeign } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'

/** Nothing but local discovery, on loopback. */
const ARIA2 = ['--enable-dht=false', '--bt-enable-lpd=true', '--bt-lpd-interface=127.0.0.1']
const OWN = ['--no-dht', '--bind', '127.0.0.1', '--port', '0']

describe('aria2, found on the local network (BEP 14)', { skip: skipForeign }, () => {
  it('seeds to our download, which knows a magnet link alone', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.magnet, '--out', out, '--state', await lab.room('state'), ...OWN],
      ])
      await ours.event('listening', 30_000)
      const place = { host: '127.0.0.1', port: 6900, folder: content.folder, state: await lab.room('aria2') }
      aria2Seeder(lab, content.torrent, { ...place, entry: '127.0.0.1:1' }, ARIA2)
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await content.assertArrived(out)
      assert.ok(ours.events('peer').some(({ source, port }) => source === 'lsd' && port === 6900))
    })
  })

  it('downloads from our seed, knowing a magnet link alone', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const folder = await lab.room('out')
      const place = { host: '127.0.0.1', port: 6900, folder, state: await lab.room('aria2') }
      const aria2 = aria2Downloader(lab, content.magnet, { ...place, entry: '127.0.0.1:1' }, ARIA2)
      await aria2.line('its first word', (text) => text.length > 0, 30_000)
      const ours = LodestoneProgram.start(lab, 'seed', [
        ...['seed', content.torrent, '--out', content.folder, '--state', await lab.room('state'), ...OWN],
      ])
      await aria2.success(150_000)
      await content.assertArrived(folder)
      assert.deepEqual(await ours.program.stop(), { code: 143, signal: null })
    })
  })
})
