import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { Nginx } from '../support/nginx.ts'
import { SharedContent } from '../support/shared-content.ts'

const HOST = '127.0.2.1'
const OWN = '127.0.3.1'
const SERVER = '127.0.4.1'
const PORT = 6900
const ALONE = ['--no-dht', '--no-lsd', '--bind', OWN, '--port', String(PORT)]

describe('nginx as a web seed', { skip: skipWithout('nginx') || skipWithout('openssl') }, () => {
  it('serves all of a download that meets no peer, on one connection', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const nginx = await Nginx.start(lab, SERVER, 8080, content.folder)
      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.torrent, '--web-seed', nginx.url, '--out', out],
        ...['--state', await lab.room('state'), ...ALONE],
      ])
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await content.assertArrived(out)
      const requests = await nginx.requests()
      assert.deepEqual([...new Set(requests.map(({ status }) => status))], ['206'])
      assert.equal(new Set(requests.map(({ connection }) => connection)).size, 1)
    })
  })

  it('serves over TLS, where its certificate is trusted, and is given up where it is not', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const nginx = await Nginx.start(lab, SERVER, 8443, content.folder, true)
      const out = await lab.room('out')
      const command = [
        ...['download', content.torrent, '--web-seed', nginx.url, '--out', out],
        ...['--state', await lab.room('state'), ...ALONE],
      ]
      const stranger = LodestoneProgram.start(lab, 'download', command)
      assert.equal((await stranger.event('warning', 30_000))['code'], 'web-seed/given-up')
      await stranger.program.stop()
      const env = { NODE_EXTRA_CA_CERTS: nginx.certificate }
      const ours = LodestoneProgram.start(lab, 'download', command, { env })
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await content.assertArrived(out)
    })
  })

  it('serves a download beside libtorrent, and libtorrent by a torrent of ours', {
    skip: skipWithout('libtorrent'),
  }, async () => {
    await Laboratory.run(async (lab) => {
      const url = `http://${SERVER}:8080/`
      const content = await SharedContent.prepare(lab, '256k', '--web-seed', url)
      const nginx = await Nginx.start(lab, SERVER, 8080, content.folder)
      const folder = await lab.room('theirs')
      const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
      await libtorrent.seed(content.torrent, content.infoHash, folder, 0)
      await content.assertArrived(folder)
      const before = (await nginx.requests()).length

      const out = await lab.room('out')
      const ours = LodestoneProgram.start(lab, 'download', [
        ...['download', content.torrent, '--peer', `${HOST}:${PORT}`, '--out', out],
        ...['--state', await lab.room('state'), ...ALONE],
      ])
      await ours.event('done', 60_000)
      await ours.program.success(15_000)
      await content.assertArrived(out)
      assert.ok((await nginx.requests()).length > before)
    })
  })
})
