import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CONTENT_NAME } from '../support/content.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent, libtorrentPython } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'

const HOST = '127.0.2.1'
const OWN = '127.0.3.1'
const PORT = 6900
/** Nobody looks for anybody: who is to be met is named. */
const ALONE = ['--no-dht', '--no-lsd', '--bind', OWN, '--port', String(PORT)]

/** What a torrent of version 2 goes by in a swarm. */
const shortOf = (link: string): string => /btmh:1220([0-9a-f]{40})/.exec(link)![1]!

/** What libtorrent makes of a folder, and the hashes that it says. */
const MAKE = `
import sys, libtorrent
folder, name, out, version = sys.argv[1:]
files = libtorrent.file_storage()
libtorrent.add_files(files, folder + '/' + name)
flags = libtorrent.create_torrent.v2_only if version == 'v2' else 0
made = libtorrent.create_torrent(files, 65536, flags)
libtorrent.set_piece_hashes(made, folder)
open(out, 'wb').write(libtorrent.bencode(made.generate()))
hashes = libtorrent.torrent_info(out).info_hashes()
print(hashes.v1 if hashes.has_v1() else str(hashes.v2)[:40], hashes.v2)
`

for (const version of ['v2', 'hybrid'] as const) {
  describe(`libtorrent and torrents of ${version === 'v2' ? 'version 2' : 'both versions'}`, {
    skip: skipWithout('libtorrent'),
  }, () => {
    it('what it makes has for us the hashes that it says, and can be seeded', async () => {
      await Laboratory.run(async (lab) => {
        const content = await SharedContent.prepare(lab, '64k')
        const theirs = join(lab.folder, 'theirs.torrent')
        const made = execFileSync(libtorrentPython()!, [
          ...['-W', 'ignore', '-c', MAKE, content.folder, CONTENT_NAME, theirs, version],
        ])
        const [infoHash, v2Hash] = made.toString().trim().split(' ')
        const ours = LodestoneProgram.start(lab, 'info', ['info', theirs])
        await ours.program.success(15_000)
        const metadata = await ours.event('metadata', 0)
        assert.deepEqual([metadata['infoHash'], metadata['v2Hash']], [infoHash, v2Hash])
        assert.equal(metadata['files'], 5)
        const seed = LodestoneProgram.start(lab, 'seed', [
          ...['seed', theirs, '--out', content.folder, '--state', await lab.room('state'), ...ALONE],
        ])
        await seed.event('seeding', 30_000)
      })
    })

    for (const by of ['link', 'file'] as const) {
      it(`it seeds to our download by a ${by}`, async () => {
        await Laboratory.run(async (lab) => {
          const content = await SharedContent.prepare(lab, '64k', `--${version}`)
          const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT })
          await libtorrent.seed(content.torrent, content.infoHash, content.folder, 0)
          await libtorrent.complete(shortOf(content.link), 1_000)

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
