/** A part of a torrent's files (BEP 53, DK23), on loopback. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  type AddTorrentOptions,
  type CreatedTorrent,
  createTorrent,
  type Lodestone,
  type OpenOptions,
  type Torrent,
} from '../../src/index.ts'
import { content } from '../host/rig.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, placeOf, within, withNodes } from './loopback.ts'

const LENGTHS = { a: 100_000, b: 150_000, c: 200_000 }
const PIECE = 16_384

interface Scene {
  readonly folder: string
  readonly created: CreatedTorrent
  readonly seeder: Lodestone
  open(options?: OpenOptions): Promise<Lodestone>
}

/** Three files in pieces that they share, and a node that seeds them. */
async function seeded(run: (scene: Scene) => Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => {
    await withNodes(async (open) => {
      const source = join(folder, 'three')
      await mkdir(source)
      let seed = 0
      for (const [name, length] of Object.entries(LENGTHS))
        await writeFile(join(source, name), content(length, ++seed))
      const created = await createTorrent(source, { pieceLength: PIECE })
      const seeder = await open()
      const serves = next(seeder, 'seeding')
      seeder.add(created.metainfo, { mode: 'seed', out: folder })
      await serves
      await run({ folder, created, seeder, open })
    })
  })
}

async function isWhole(folder: string, out: string, name: string): Promise<boolean> {
  const [there, here] = [join(folder, 'three', name), join(out, 'three', name)]
  return (await readFile(there)).equals(await readFile(here))
}

describe('a selection of files', () => {
  it('is downloaded with the pieces that it shares with others and no more, and passed on', async () => {
    await seeded(async ({ folder, created, seeder, open }) => {
      const out = join(folder, 'out')
      const leech = await open()
      const torrent = leech.add(created.magnet, { out, select: [1], peers: [placeOf(seeder)] })
      const { files } = await within(10_000, 'the metadata', torrent.metadata)
      assert.deepEqual(
        files.map(({ selected }) => selected),
        [false, true, false],
      )
      const { length } = await within(10_000, 'the file', torrent.done)
      assert.equal(length, LENGTHS.b)
      assert.deepEqual(await readdir(join(out, 'three')), ['b'])
      assert.ok(await isWhole(folder, out, 'b'))
      const { total, verified, received, phase } = torrent.progress()
      const pieces = Math.floor(249_999 / PIECE) - Math.floor(100_000 / PIECE) + 1
      assert.deepEqual([total, verified, received, phase], [pieces * PIECE, total, total, 'seeding'])
      const other = await open()
      const second = other.add(`${created.magnet}&so=1`, {
        out: join(folder, 'other'),
        peers: [placeOf(leech)],
      })
      await within(10_000, 'the file from who has no more than it', second.done)
      assert.ok(await isWhole(folder, join(folder, 'other'), 'b'))
    })
  })

  it('can grow in the next run: only what is missing is fetched', async () => {
    await seeded(async ({ folder, created, seeder, open }) => {
      const out = join(folder, 'out')
      const options = { out, peers: [placeOf(seeder)] }
      const leech = await open({ state: join(folder, 'state') })
      const first = leech.add(created.metainfo, { ...options, select: '0,2' })
      await within(10_000, 'two files', first.done)
      assert.deepEqual((await readdir(join(out, 'three'))).sort(), ['a', 'c'])
      const { received } = first.progress()
      await within(5000, 'the removal', first.remove())
      const all = leech.add(created.metainfo, options)
      await within(10_000, 'all files', all.done)
      for (const name of Object.keys(LENGTHS)) assert.ok(await isWhole(folder, out, name), name)
      assert.equal(all.progress().received, created.metainfo.info.length - received)
      assert.deepEqual(await readdir(out), ['three'])
    })
  })

  it('that names none of the files is an error that says so', async () => {
    await seeded(async ({ folder, created, open }) => {
      const leech = await open()
      const out = join(folder, 'out')
      const absent = { kind: 'usage', code: 'torrent/no-such-file' }
      for (const select of ['3-9', '0,3', [0, 99]])
        assert.throws(() => leech.add(created.metainfo, { out, select }), absent, JSON.stringify(select))
      for (const select of ['', '1-', 'x', '2-1', [1.5], [-1], [null], null, 5, {}]) {
        const options = { out, select } as AddTorrentOptions
        const add = (): unknown => leech.add(created.metainfo, options)
        assert.throws(add, { kind: 'usage', code: 'options/select' }, JSON.stringify(select))
      }
      const torrent = leech.add(created.metainfo, { out, select: '2-9' })
      const told = next(leech, 'warning')
      assert.throws(() => torrent.select('3'), absent)
      assert.throws(() => torrent.prioritise('1,3', 'high'), absent)
      assert.throws(() => torrent.select(null as never), { kind: 'usage', code: 'options/select' })
      assert.throws(() => torrent.prioritise(null as never, 'high'), {
        kind: 'usage',
        code: 'options/select',
      })
      const { files } = await within(5000, 'the files', torrent.metadata)
      assert.deepEqual(
        files.map(({ priority }) => priority),
        ['skip', 'skip', 'normal'],
      )
      assert.equal(leech.add(created.magnet, { out, select: '0,9' }), torrent)
      assert.equal((await told).code, 'torrent/no-such-file')
      await within(5000, 'the removal', torrent.remove())
      for (const ask of [() => torrent.select('0'), () => torrent.prioritise('0', 'high')])
        assert.throws(ask, { kind: 'closed', code: 'torrent/removed' })
    })
  })

  it('that names a file which turns out not to be there ends the torrent, however it was asked; that of a link passes it over', async () => {
    await seeded(async ({ folder, created, seeder, open }) => {
      const peers = [placeOf(seeder)]
      const absent = { kind: 'usage', code: 'torrent/no-such-file' }
      const asks: ((torrent: Torrent) => void)[] = [
        (torrent) => torrent.select('0,3'),
        (torrent) => torrent.prioritise('3', 'high'),
      ]
      for (const [at, ask] of asks.entries()) {
        const torrent = (await open()).add(created.magnet, { out: join(folder, `${at}`), peers })
        ask(torrent)
        await assert.rejects(within(10_000, 'the refusal', torrent.done), absent)
      }
      const out = join(folder, 'out')
      const chosen = (await open()).add(`${created.magnet}&so=0`, { out, peers, select: '3' })
      await assert.rejects(within(10_000, 'the refusal', chosen.done), absent)
      await assert.rejects(readdir(out), { code: 'ENOENT' })
      const linked = (await open()).add(`${created.magnet}&so=0,3`, { out, peers })
      await within(10_000, 'the file that is there', linked.done)
      assert.deepEqual(await readdir(join(out, 'three')), ['a'])
    })
  })

  it('CL22: changes while the torrent runs: what is wanted no more is left where it is, what is wanted again is fetched', async () => {
    await seeded(async ({ folder, created, seeder, open }) => {
      const out = join(folder, 'out')
      const leech = await open()
      const torrent = leech.add(created.metainfo, { out, select: [1] })
      torrent.select('0')
      const refused = next(leech, 'warning')
      torrent.prioritise('0', 'skip')
      assert.equal((await refused).code, 'torrent/nothing-selected')
      assert.throws(() => torrent.select('x'), { kind: 'usage', code: 'options/select' })
      const done = next(leech, 'done')
      leech.add(created.magnet, { peers: [placeOf(seeder)] })
      assert.equal((await done).length, LENGTHS.a)
      assert.deepEqual(await readdir(join(out, 'three')), ['a'])
      assert.ok(await isWhole(folder, out, 'a'))
      const told = next(leech, 'selection')
      const again = next(leech, 'done')
      torrent.prioritise([2], 'high')
      assert.deepEqual(
        (await told).files.map(({ priority }) => priority),
        ['normal', 'skip', 'high'],
      )
      assert.equal((await again).length, LENGTHS.a + LENGTHS.c)
      assert.ok(await isWhole(folder, out, 'c'))
      const last = next(leech, 'done')
      torrent.select('1')
      assert.equal((await last).length, LENGTHS.b)
      assert.deepEqual((await readdir(join(out, 'three'))).sort(), ['a', 'b', 'c'])
      for (const name of Object.keys(LENGTHS)) assert.ok(await isWhole(folder, out, name), name)
      assert.equal(torrent.progress().received, created.metainfo.info.length, 'nothing twice')
      const whole = next(leech, 'done')
      torrent.select('0-2')
      assert.equal((await whole).length, created.metainfo.info.length, 'said of what is there already')
      assert.deepEqual(await readdir(out), ['three'])
    })
  })

  it('MG17: so of a link that is added again comes on top, and nothing is deselected', async () => {
    await seeded(async ({ folder, created, open }) => {
      const leech = await open()
      const torrent = leech.add(created.metainfo, { out: join(folder, 'out'), select: [1] })
      await within(5000, 'the files', torrent.metadata)
      const told = next(leech, 'selection')
      assert.equal(leech.add(`${created.magnet}&so=2`), torrent)
      assert.deepEqual(
        (await told).files.map(({ selected }) => selected),
        [false, true, true],
      )
    })
  })

  it('MG22: the same link again, or that of a loaded .torrent, brings its peers to it, says that it is there already, and loses no progress', async () => {
    await seeded(async ({ folder, created, seeder, open }) => {
      const leech = await open()
      const out = join(folder, 'out')
      const torrent = leech.add(created.magnet, { out })
      const present = next(leech, 'warning')
      assert.equal(leech.add(created.metainfo), torrent)
      assert.equal((await present).code, 'torrent/present')
      await within(5000, 'the metadata of the .torrent', torrent.metadata)
      assert.equal(leech.add(`${created.magnet}&x.pe=${placeOf(seeder)}`), torrent)
      await within(10_000, 'all', torrent.done)
      const { verified } = torrent.progress()
      assert.equal(leech.add(created.magnet, { peers: [placeOf(seeder)] }), torrent)
      assert.deepEqual([torrent.progress().verified, verified], [verified, created.metainfo.info.length])
      const elsewhere = leech.add(created.magnet, { out: join(folder, 'elsewhere') })
      await assert.rejects(elsewhere.done, { kind: 'usage', code: 'session/duplicate' })
    })
  })
})
