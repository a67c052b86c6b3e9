/** Moving a torrent's files to another folder (DK22), on the real disk. */
import assert from 'node:assert/strict'
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { equalBytes } from '../../src/core/bytes.ts'
import { type FileCalls, systemFiles } from '../../src/host/file-calls.ts'
import type { StoreMoved } from '../../src/session/ports.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const PIECE = 1 << 20
/** The third file is not wanted; the second piece lies under both others' ends. */
const FILES = { 't/a': 9 * PIECE + 100, 't/sub/b': PIECE, 't/c': PIECE }
const PARTS = `.${'07'.repeat(20)}.parts`

/** A file system from which no file gets a second name elsewhere. */
function apart(calls: Partial<FileCalls> = {}): FileCalls {
  const link: FileCalls['link'] = (from, to) =>
    to.endsWith('.lock')
      ? systemFiles.link(from, to)
      : Promise.reject(Object.assign(new Error(), { code: 'EXDEV' }))
  return { ...systemFiles, link, ...calls }
}

/** Pieces 0, 3 and 10 are there; the last lies under all three files. */
async function scene(t: TestContext, files?: FileCalls) {
  const folder = await temporaryFolder(t)
  const [out, to] = [join(folder, 'out'), join(folder, 'new', 'place')]
  const rig = new Rig(t, { stateFolder: join(folder, 'state'), ...(files && { files }) })
  const { storage } = rig.host.ports
  const whole = storeSpec(out, FILES, PIECE)
  const spec = { ...whole, files: whole.files.map((file, i) => ({ ...file, skip: i === 2 })) }
  await rig.open(1, spec)
  await rig.value((ticket) => storage.prepare(ticket, 1))
  const bytes = content(spec.length)
  const piece = (index: number): Uint8Array => bytes.subarray(index * PIECE, (index + 1) * PIECE)
  for (const index of [0, 3, 10]) assert.ok((await rig.put(1, index, piece(index))).ok)
  await rig.value((ticket) => storage.append(ticket, 1, Uint8Array.of(1)))
  const move = (folder = to) => rig.value<StoreMoved | undefined>((ticket) => storage.move(ticket, 1, folder))
  const read = (index: number) =>
    rig.value<Uint8Array>((ticket) => storage.read(ticket, 1, index, 0, piece(index).length))
  return { rig, storage, folder, out, to, spec, piece, move, read }
}

for (const [how, files] of [
  ['by second names', undefined],
  ['by copies', apart()],
] as const) {
  test(`DK22: files, holes and what is kept apart are in the new folder as they were, ${how}, and go on there`, async (t) => {
    const { rig, storage, out, to, spec, piece, move, read } = await scene(t, files)
    const moved = await move()
    assert.deepEqual([moved!.from, moved!.to], [out, to])
    assert.deepEqual(
      moved!.paths,
      ['a', 'sub/b', 'c'].map((name) => join(to, 't', name)),
    )
    assert.deepEqual((await readdir(to)).sort(), [PARTS, 't'])
    const { size, blocks } = await stat(join(to, 't', 'a'))
    assert.equal(size, FILES['t/a'])
    assert.ok(blocks * 512 < 4 * PIECE, 'holes stay holes')
    for (const index of [0, 3, 10]) assert.ok(equalBytes(await read(index), piece(index)))
    await rig.value((ticket) => storage.erase(ticket, { ...spec, owned: true }))
    assert.deepEqual(await readdir(out), [])
    assert.ok((await rig.put(1, 5, piece(5))).ok)
    await rig.value((ticket) => storage.barrier(ticket, 1))
    assert.ok(equalBytes((await readFile(join(to, 't', 'a'))).subarray(5 * PIECE, 6 * PIECE), piece(5)))
    await rig.value((ticket) => storage.close(ticket, 1))
    const { journal, lengths } = await rig.open(2, { ...spec, out: to })
    assert.deepEqual([...journal], [1])
    assert.deepEqual(lengths.slice(0, 2), [FILES['t/a'], FILES['t/sub/b']])
  })
}

test('DK22: to a volume of its own, if there is one', async (t) => {
  const { out, move, read, piece } = await scene(t)
  const other = await access('/dev/shm').then(
    () => mkdtemp('/dev/shm/lodestone-'),
    () => undefined,
  )
  if (other === undefined || (await stat(other)).dev === (await stat(out)).dev)
    return t.diagnostic('there is no second volume here')
  t.after(() => rm(other, { recursive: true, force: true }))
  await move(other)
  assert.equal((await stat(join(other, 't', 'a'))).size, FILES['t/a'])
  assert.ok(equalBytes(await read(3), piece(3)))
})

test('DK22: while files are copied, pieces are read, and what is written waits and comes with them', async (t) => {
  let [isCopied, goOn] = [(): void => {}, (): void => {}]
  const copied = new Promise<void>((resolve) => {
    isCopied = resolve
  })
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const files = apart({
    rename: async (from, to) => {
      if (from.endsWith('.moving')) {
        isCopied()
        await held
      }
      await systemFiles.rename(from, to)
    },
  })
  const { rig, to, piece, move, read } = await scene(t, files)
  const moving = move()
  await copied
  const writing = rig.put(1, 5, piece(5))
  assert.ok(equalBytes(await read(3), piece(3)))
  assert.ok(!(await readdir(to, { recursive: true })).includes('t/a'))
  goOn()
  await moving
  assert.ok((await writing).ok)
  assert.ok(equalBytes((await readFile(join(to, 't', 'a'))).subarray(5 * PIECE, 6 * PIECE), piece(5)))
})

test('DK22: what cannot be is refused in words, and nothing is left in the new folder nor missing in the old one', async (t) => {
  const { rig, storage, folder, out, to, move, read, piece } = await scene(t)
  const refused = async (place: string): Promise<readonly [string, string]> => {
    const { code, message } = await rig.failure((ticket) => storage.move(ticket, 1, place))
    assert.ok(equalBytes(await read(3), piece(3)))
    return [code, message.replaceAll(folder, '')]
  }
  assert.deepEqual(await refused(join(out, 't', 'deeper')), [
    'storage/inside-itself',
    "/out/t/deeper lies inside the torrent's own folder; give one outside of it.",
  ])
  await writeFile(join(folder, 'file'), '')
  assert.equal((await refused(join(folder, 'file')))[0], 'storage/unsafe-path')
  await mkdir(join(to, 't'), { recursive: true })
  await writeFile(join(to, 't', 'a'), 'something else')
  assert.deepEqual(await refused(to), [
    'storage/foreign-files',
    'Something else lies at /new/place/t/a: give another folder, or take it away first.',
  ])
  assert.deepEqual(await readdir(to, { recursive: true }), ['t', 't/a'])
  await rm(join(to, 't'), { recursive: true })
  await symlink(folder, join(to, 't'))
  assert.equal((await refused(to))[0], 'storage/unsafe-path')
  await rm(join(to, 't'))
  await symlink(out, join(folder, 'same'))
  assert.equal(await move(join(folder, 'same')), undefined, 'it is there already')
  const kept = (await readdir(join(folder, 'state', 'resume'))).map((name) =>
    name.replace(/.*\.journal/, '*'),
  )
  assert.deepEqual(kept.sort(), ['*', '*.lock'])
  await move()
})

for (const [code, call] of [
  ['ENOSPC', 'datasync'],
  ['EROFS', 'open'],
] as const) {
  test(`DK22: ${code} on the way leaves all where it was`, async (t) => {
    let fails = true
    const open: FileCalls['open'] = async (path, ...rest) => {
      const isDraft = fails && path.endsWith('.moving')
      const error = Object.assign(new Error(), { code })
      if (isDraft && call === 'open') throw error
      const file = await systemFiles.open(path, ...rest)
      if (isDraft) file.datasync = () => Promise.reject(error)
      return file
    }
    const { rig, storage, folder, to, piece, move, read } = await scene(t, apart({ open }))
    const failure = await rig.failure((ticket) => storage.move(ticket, 1, to))
    assert.equal(failure.code, code === 'ENOSPC' ? 'storage/full' : 'storage/read-only')
    assert.match(failure.message, /new\/place\/(t\/a|\.\d+\.moving)\.$/)
    assert.deepEqual(await readdir(join(folder, 'new')), [])
    assert.ok((await rig.put(1, 5, piece(5))).ok)
    fails = false
    await move()
    assert.ok(equalBytes(await read(5), piece(5)))
  })
}

test('DK22: a move that is given up, and one whose store is closed, leave all where it was', async (t) => {
  let reached = (): void => {}
  const files = apart({
    rename: async (from, to) => {
      reached()
      await systemFiles.rename(from, to)
    },
  })
  const { rig, storage, folder, to, move } = await scene(t, files)
  for (const end of [() => storage.stay(1), () => void rig.outcome((ticket) => storage.close(ticket, 1))]) {
    reached = () => rig.call(end)
    await assert.rejects(move(), /storage\/closed/)
    assert.deepEqual(await readdir(join(folder, 'new')), [], to)
  }
})
