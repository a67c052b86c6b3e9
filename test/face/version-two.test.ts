/** Torrents of version 2 and of both, made of real files and on loopback (BEP 52). */
import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTorrent, parseTorrent, type TorrentFormat } from '../../src/index.ts'
import { content } from '../host/rig.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, placeOf, within, withNodes } from './loopback.ts'

const KINDS = ['v2', 'hybrid'] as const
const PIECE = 65_536
/** Of every kind that matters: of no bytes, of less than a block, of a piece, of several. */
const FILES: Readonly<Record<string, number>> = {
  'a/x.bin': 500_000,
  'a.b/y': 40_000,
  empty: 0,
  piece: PIECE,
  small: 5,
  'ü z': 300_001,
}
/** As a tree goes: `a` before `a.b`, whatever is below. */
const ORDER = ['a/x.bin', 'a.b/y', 'empty', 'piece', 'small', 'ü z']

async function write(folder: string): Promise<string> {
  const root = join(folder, 'many')
  let seed = 0
  for (const [path, length] of Object.entries(FILES)) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), content(length, ++seed))
  }
  return root
}

describe('a torrent that is made', () => {
  for (const version of KINDS) {
    it(`TI26: as ${version} lists its files in the order of the tree, each at the beginning of a piece, and is the same each time`, async () => {
      await inTempFolder(async (folder) => {
        const root = await write(folder)
        const created = await createTorrent(root, { version, pieceLength: PIECE })
        assert.deepEqual(
          created.files.map(({ path }) => path),
          ORDER,
        )
        const { info, layers } = created.metainfo
        for (const { pad, length, offset } of info.files)
          assert.ok(pad || length === 0 || offset % PIECE === 0)
        assert.equal(layers?.length, 32 * Math.ceil(info.length / PIECE))
        assert.equal(info.pieces === undefined, version === 'v2')
        assert.match(
          created.magnet,
          version === 'v2' ? /\?xt=urn:btmh:1220/ : /\?xt=urn:btih:.*&xt=urn:btmh:1220/,
        )
        assert.ok(created.magnet.includes(created.v2Hash!))
        assert.deepEqual((await createTorrent(root, { version, pieceLength: PIECE })).bytes, created.bytes)
        assert.deepEqual(parseTorrent(created.bytes), created.metainfo)
      })
    })
  }

  it('as version 1 has no hash of version 2, and the files in the order of their paths', async () => {
    await inTempFolder(async (folder) => {
      const created = await createTorrent(await write(folder))
      assert.equal(created.v2Hash, undefined)
      assert.deepEqual(created.files[0]!.path, 'a.b/y')
    })
  })

  it('of a folder with one file is not to be told from that file in version 2, but is in both', async () => {
    await inTempFolder(async (folder) => {
      const root = join(folder, 'lonely')
      await mkdir(root)
      await writeFile(join(root, 'f'), content(5, 1))
      await assert.rejects(createTorrent(root, { version: 'v2' }), { kind: 'usage', code: 'content/unfit' })
      const hybrid = await createTorrent(root, { version: 'hybrid' })
      assert.deepEqual(hybrid.metainfo.info.files[0]!.path, ['lonely', 'f'])
      const single = await createTorrent(join(root, 'f'), { version: 'v2' })
      assert.deepEqual(single.metainfo.info.files[0]!.path, ['f'])
    })
  })

  it('is refused as a version that there is not', async () => {
    await inTempFolder(async (folder) => {
      const version = 'v3' as TorrentFormat
      await assert.rejects(createTorrent(await write(folder), { version }), { code: 'create/version' })
    })
  })
})

describe('a torrent of version 2 on real files', () => {
  for (const version of KINDS) {
    it(`${version} is downloaded in part by its link, read in part, and checked again`, async () => {
      await inTempFolder(async (folder) => {
        await withNodes(async (open) => {
          const root = await write(folder)
          const created = await createTorrent(root, { version, pieceLength: PIECE })
          const seeder = await open()
          const serves = next(seeder, 'seeding')
          seeder.add(created.metainfo, { mode: 'seed', out: folder })
          await serves

          const out = join(folder, 'out')
          const leech = await open()
          const files = created.metainfo.info.files
          const wanted = files.findIndex(({ rawPath }) => rawPath === 'ü z')
          const torrent = leech.add(created.magnet, { out, select: [wanted], peers: [placeOf(seeder)] })
          await within(20_000, 'the file', torrent.done)
          const original = await readFile(join(root, 'ü z'))
          assert.deepEqual(await readFile(join(out, 'many', 'ü z')), original)
          await assert.rejects(stat(join(out, 'many', 'a', 'x.bin')), { code: 'ENOENT' })

          const parts: Uint8Array[] = []
          for await (const part of torrent.read(wanted, { start: 70_000, end: 170_000 })) parts.push(part)
          assert.deepEqual(Buffer.concat(parts), original.subarray(70_000, 170_000))

          const saved = parseTorrent(torrent.torrentFile())
          assert.deepEqual(
            [saved.info.infoHash, saved.layers],
            [created.metainfo.info.infoHash, created.metainfo.layers],
          )
          assert.equal(torrent.magnet, created.magnet)

          await within(20_000, 'the end', torrent.remove())
          const again = leech.add(created.metainfo, { out, recheck: true, peers: [placeOf(seeder)] })
          const { length } = await within(20_000, 'the rest', again.done)
          const { verified, total } = again.progress()
          const bytes = Object.values(FILES).reduce((sum, own) => sum + own, 0)
          assert.deepEqual([length, verified, total], [bytes, bytes, bytes], 'padding is not counted')
          for (const path of ORDER)
            assert.deepEqual(await readFile(join(out, 'many', path)), await readFile(join(root, path)))
        })
      })
    })
  }

  it('is served by who has checked it, and not by who has something else', async () => {
    await inTempFolder(async (folder) => {
      await withNodes(async (open) => {
        const root = await write(folder)
        const created = await createTorrent(root, { version: 'v2', pieceLength: PIECE })
        const spoilt = content(500_000, 1)
        spoilt[400_000]! ^= 1
        await writeFile(join(root, 'a/x.bin'), spoilt)
        const torrent = (await open()).add(created.metainfo, { mode: 'seed', out: folder })
        await assert.rejects(torrent.done, { code: 'storage/incomplete', message: /Only 15 of 16 pieces/ })
      })
    })
  })
})
