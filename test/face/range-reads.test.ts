/** Ranges of files that are read while they arrive, on loopback. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type CreatedTorrent, createTorrent, type Lodestone, type Torrent } from '../../src/index.ts'
import { content } from '../host/rig.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, placeOf, within, withNodes } from './loopback.ts'

const LENGTHS = [300_000, 1_500_000, 10]
const PIECE = 32 * 1024

interface Scene {
  readonly out: string
  readonly files: readonly Uint8Array[]
  readonly created: CreatedTorrent
  readonly seeder: Lodestone
  readonly seeded: Torrent
  readonly leech: Lodestone
}

async function scene(run: (scene: Scene) => Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => {
    await withNodes(async (open) => {
      const source = join(folder, 'some')
      await mkdir(source)
      const files = LENGTHS.map((length, i) => content(length, i + 1))
      for (const [i, bytes] of files.entries()) await writeFile(join(source, `f${i}`), bytes)
      const created = await createTorrent(source, { pieceLength: PIECE })
      const seeder = await open()
      const serves = next(seeder, 'seeding')
      const seeded = seeder.add(created.metainfo, { mode: 'seed', out: folder })
      await serves
      await run({ out: join(folder, 'out'), files, created, seeder, seeded, leech: await open() })
    })
  })
}

async function whole(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const got: Uint8Array[] = []
  for await (const part of parts) got.push(part)
  return Buffer.concat(got)
}

describe('a range of a file', () => {
  it('is read of what is whole, of what arrives, and of a file that is not selected, whose bytes go where others are kept', async () => {
    await scene(async ({ out, files, created, seeder, seeded, leech }) => {
      assert.ok((await whole(seeded.read(1))).equals(files[1]!), 'a seed')
      const torrent = leech.add(created.magnet, { out, select: [0] })
      const early = whole(torrent.read(1, { start: 700_000, end: 1_000_001 }))
      leech.add(created.magnet, { peers: [placeOf(seeder)] })
      const range = await within(10_000, 'a part of what is not selected', early)
      assert.ok(range.equals(files[1]!.subarray(700_000, 1_000_001)))
      await within(10_000, 'the file that is', torrent.done)
      const { received, total } = torrent.progress()
      const pieces = Math.ceil(total! / PIECE) + Math.ceil(300_001 / PIECE) + 1
      assert.ok(received <= pieces * PIECE, `${received} bytes came`)
      assert.deepEqual(await readdir(join(out, 'some')), ['f0'])
      assert.ok((await whole(torrent.read(0, { start: 299_990 }))).equals(files[0]!.subarray(299_990)))
      assert.ok((await whole(torrent.read(2))).equals(files[2]!))
      assert.equal((await whole(torrent.read(2, { start: 10 }))).length, 0)
      const done = next(leech, 'done')
      torrent.select('0-2')
      await done
      assert.ok((await readFile(join(out, 'some', 'f1'))).equals(files[1]!))
    })
  })

  it('is given part by part, as copies; leaving the loop or aborting ends it', async () => {
    await scene(async ({ seeded, files }) => {
      const reader = seeded.read(1)
      for await (const part of reader) {
        assert.ok(part.length <= 64 * 1024)
        part.fill(0)
        break
      }
      assert.deepEqual(await reader.next(), { done: true, value: undefined })
      const first = await seeded.read(1).next()
      assert.ok(Buffer.from(first.value!).equals(files[1]!.subarray(0, first.value!.length)), 'as it was')
      const turns = seeded.read(1, { end: 100_000 })
      const four = await Promise.all([turns.next(), turns.next(), turns.next(), turns.next(), turns.next()])
      const parts = four.flatMap(({ value }) => value ?? [])
      assert.ok(Buffer.concat(parts).equals(files[1]!.subarray(0, 100_000)))
      assert.equal(four.at(-1)!.done, true)
    })
  })

  it('that cannot be read is a typed error', async () => {
    await scene(async ({ out, created, leech, seeded }) => {
      const torrent = leech.add(created.magnet, { out })
      const wrong = { kind: 'usage', code: 'read/bad-range' }
      for (const [file, range] of [[-1], [0.5], [0, { start: 2, end: 1 }], [0, { start: -1 }]] as const)
        assert.throws(() => torrent.read(file, range), wrong)
      for (const [file, range] of [[3], [2, { end: 11 }], [2, { start: 11 }]] as const)
        await assert.rejects(whole(seeded.read(file, range)), wrong)
      const stop = new AbortController()
      const waiting = whole(torrent.read(1, { signal: stop.signal }))
      stop.abort(new Error('enough'))
      await assert.rejects(waiting, /enough/)
      assert.throws(() => torrent.read(1, { signal: stop.signal }), /enough/)
      const left = torrent.read(1)
      const never = assert.rejects(left.next(), { kind: 'closed', code: 'torrent/removed' })
      await within(5000, 'the removal', torrent.remove())
      await within(5000, 'its end', never)
      assert.deepEqual(await left.next(), { done: true, value: undefined })
      assert.throws(() => torrent.read(1), { kind: 'closed' })
      const names = leech.add('ab'.repeat(20), { mode: 'metadata' })
      assert.throws(() => names.read(0), { kind: 'usage', code: 'torrent/no-content' })
    })
  })
})
