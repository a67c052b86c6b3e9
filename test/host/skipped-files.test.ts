/** Files that are not wanted (DK23): what wanted pieces have of them is kept apart, and brought back when they are. */
import assert from 'node:assert/strict'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { equalBytes } from '../../src/core/bytes.ts'
import type { StoreSpec } from '../../src/session/ports.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const PIECE = 10_000
/** Pieces 2 to 4 lie under `b`; 2 has the end of `a`, 4 the beginning of `c`. */
const FILES = { 't/a': 25_000, 't/b': 20_000, 't/deep/c': 25_000 }
const PARTS = `.${'07'.repeat(20)}.parts`

function selecting(out: string, ...wanted: readonly number[]): StoreSpec {
  const spec = storeSpec(out, FILES, PIECE)
  return { ...spec, files: spec.files.map((file, i) => ({ ...file, skip: !wanted.includes(i) })) }
}

async function scene(t: TestContext): Promise<{ out: string; bytes: Uint8Array }> {
  return { out: join(await temporaryFolder(t), 'out'), bytes: content(70_000) }
}

async function put(rig: Rig, bytes: Uint8Array, pieces: readonly number[]): Promise<void> {
  const { storage } = rig.host.ports
  await rig.value((ticket) => storage.prepare(ticket, 1))
  for (const piece of pieces)
    assert.ok((await rig.put(1, piece, bytes.subarray(piece * PIECE, (piece + 1) * PIECE))).ok)
  await rig.value((ticket) => storage.barrier(ticket, 1))
}

async function close(rig: Rig): Promise<void> {
  await rig.value((ticket) => rig.host.ports.storage.close(ticket, 1))
}

test('DK23: neighbours that are not wanted are not made; their bytes are kept apart, and read like any', async (t) => {
  const { out, bytes } = await scene(t)
  const rig = new Rig(t)
  const { paths } = await rig.open(1, selecting(out, 1))
  assert.equal(paths[0], join(out, 't', 'a'))
  await put(rig, bytes, [2, 3, 4])
  assert.deepEqual(await readdir(join(out, 't')), ['b'])
  assert.ok(equalBytes(await readFile(join(out, 't', 'b')), bytes.subarray(25_000, 45_000)))
  assert.deepEqual((await readdir(join(out, PARTS))).sort(), ['0', '2'])
  assert.equal((await stat(join(out, PARTS, '2'))).size, 5_000, 'no more than has come')
  const { storage } = rig.host.ports
  for (const piece of [2, 4]) {
    const read = await rig.value<Uint8Array>((ticket) => storage.read(ticket, 1, piece, 0, PIECE))
    assert.ok(equalBytes(read, bytes.subarray(piece * PIECE, (piece + 1) * PIECE)))
  }
  assert.deepEqual(await rig.value((ticket) => storage.confirm(ticket, 1)), [], 'nothing is missing')
})

test('DK23: what was kept apart is brought back when it is wanted, and the folder goes with the last', async (t) => {
  const { out, bytes } = await scene(t)
  const first = new Rig(t)
  await first.open(1, selecting(out, 1))
  await put(first, bytes, [2, 3, 4])
  await close(first)
  const second = new Rig(t)
  const { lengths } = await second.open(1, selecting(out, 1, 2))
  assert.deepEqual(lengths, [25_000, 20_000, 5_000], 'as far as they reach')
  const { hasher } = second.host.ports
  const before = await second.value<Uint8Array>((ticket) => hasher.hash(ticket, 1, 4))
  await put(second, bytes, [5, 6])
  assert.ok(equalBytes(await readFile(join(out, 't', 'deep', 'c')), bytes.subarray(45_000)))
  assert.ok(equalBytes(await second.value<Uint8Array>((ticket) => hasher.hash(ticket, 1, 4)), before))
  assert.deepEqual(await readdir(join(out, PARTS)), ['0'])
  await close(second)
  const third = new Rig(t)
  await third.open(1, selecting(out, 0, 1, 2))
  await put(third, bytes, [0, 1])
  assert.ok(equalBytes(await readFile(join(out, 't', 'a')), bytes.subarray(0, 25_000)))
  assert.deepEqual(await readdir(out), ['t'])
})

test('a file that is there is used as it is, wanted or not, and not asked after at the end', async (t) => {
  const { out, bytes } = await scene(t)
  const first = new Rig(t)
  await first.open(1, selecting(out, 0, 1, 2))
  await put(first, bytes, [0, 1, 2])
  await close(first)
  await writeFile(join(out, 't', 'a'), bytes.subarray(0, 25_000))
  const second = new Rig(t)
  await second.open(1, selecting(out, 1))
  await put(second, bytes, [2, 3, 4])
  assert.ok(equalBytes(await readFile(join(out, 't', 'a')), bytes.subarray(0, 25_000)))
  assert.deepEqual(await second.value((ticket) => second.host.ports.storage.confirm(ticket, 1)), [])
  assert.deepEqual(await readdir(join(out, PARTS)), ['2'])
})

test('the hidden folder is never followed elsewhere', async (t) => {
  const { out, bytes } = await scene(t)
  const elsewhere = await temporaryFolder(t)
  const rig = new Rig(t)
  await rig.open(1, selecting(out, 1))
  const { storage } = rig.host.ports
  await rig.value((ticket) => storage.prepare(ticket, 1))
  await symlink(elsewhere, join(out, PARTS))
  const outcome = await rig.put(1, 2, bytes.subarray(20_000, 30_000))
  assert.equal(outcome.ok, false)
  assert.deepEqual(await readdir(elsewhere), [])
})

test('CL22: while a store is open, what was kept of a file goes where it belongs, and what is there of one that is not wanted stays', async (t) => {
  const { out, bytes } = await scene(t)
  const rig = new Rig(t)
  await rig.open(1, selecting(out, 1))
  await put(rig, bytes, [2, 3, 4])
  const { storage } = rig.host.ports
  const select = (...wanted: readonly number[]): Promise<undefined> =>
    rig.value((ticket) =>
      storage.select(
        ticket,
        1,
        [0, 1, 2].map((file) => !wanted.includes(file)),
      ),
    )
  const put5 = rig.put(1, 5, bytes.subarray(50_000, 60_000))
  const [outcome] = await Promise.all([put5, select(2), rig.put(1, 6, bytes.subarray(60_000))])
  assert.ok(outcome.ok)
  await rig.value((ticket) => storage.barrier(ticket, 1))
  assert.deepEqual(await rig.value((ticket) => storage.confirm(ticket, 1)), [])
  assert.ok(equalBytes(await readFile(join(out, 't', 'deep', 'c')), bytes.subarray(45_000)))
  assert.ok(equalBytes(await readFile(join(out, 't', 'b')), bytes.subarray(25_000, 45_000)))
  assert.deepEqual(await readdir(join(out, PARTS)), ['0'])
  await select(0, 2)
  for (const piece of [0, 1])
    assert.ok((await rig.put(1, piece, bytes.subarray(piece * PIECE, (piece + 1) * PIECE))).ok)
  await rig.value((ticket) => storage.barrier(ticket, 1))
  assert.ok(equalBytes(await readFile(join(out, 't', 'a')), bytes.subarray(0, 25_000)))
  assert.deepEqual(await readdir(out), ['t'])
  const read = await rig.value<Uint8Array>((ticket) => storage.read(ticket, 1, 2, 0, PIECE))
  assert.ok(equalBytes(read, bytes.subarray(20_000, 30_000)))
})
