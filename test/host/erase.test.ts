/** Removing a torrent's files (DK27), on the real disk. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StoreSpec } from '../../src/session/ports.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const PIECE = 10_000
/** The third piece lies under two files, of which the second is not wanted. */
const FILES = { 't/a': 25_000, 't/sub/b': 15_000, 't/sub/deep/c': 20_000, '.pad/5': 0, 't/empty/d': 0 }
const PARTS = `.${'07'.repeat(20)}.parts`

interface Scene {
  readonly rig: Rig
  readonly folder: string
  readonly out: string
  readonly spec: StoreSpec
  /** Names in the folder of journals. */
  journals(): Promise<string[]>
  erase(owned?: boolean): Promise<readonly string[]>
}

/** Everything was downloaded but `t/sub/b`, which is kept apart as far as `t/a` goes into its piece; the store is closed. */
async function scene(t: TestContext): Promise<Scene> {
  const folder = await temporaryFolder(t)
  const [out, state] = [join(folder, 'out'), join(folder, 'state')]
  const rig = new Rig(t, { stateFolder: state })
  const { storage } = rig.host.ports
  const whole = storeSpec(out, FILES, PIECE)
  const spec = { ...whole, files: whole.files.map((file, i) => ({ ...file, skip: i === 1 })) }
  await rig.open(1, spec)
  await rig.value((ticket) => storage.prepare(ticket, 1))
  const bytes = content(spec.length)
  for (const piece of [0, 1, 2, 4, 5])
    assert.ok((await rig.put(1, piece, bytes.subarray(piece * PIECE, (piece + 1) * PIECE))).ok)
  await rig.value((ticket) => storage.append(ticket, 1, Uint8Array.of(1)))
  assert.deepEqual((await readdir(out)).sort(), [PARTS, 't'])
  await rig.value((ticket) => storage.close(ticket, 1))
  const journals = (): Promise<string[]> => readdir(join(state, 'resume'))
  assert.equal((await journals()).length, 1)
  const erase = (owned = false): Promise<readonly string[]> =>
    rig.value((ticket) => storage.erase(ticket, { ...spec, owned }))
  return { rig, folder, out, spec, journals, erase }
}

test('DK27: its files, what was kept apart of them, its journal and its folders are removed, the out folder is not', async (t) => {
  const { out, journals, erase } = await scene(t)
  assert.deepEqual([await erase(), await readdir(out), await journals()], [[], [], []])
  assert.deepEqual(await erase(), [], 'nothing is there any more')
})

test('DK27: what it does not list stays, with the folders that hold it', async (t) => {
  const { out, journals, erase } = await scene(t)
  const strange = ['t/notes', 't/sub/deep/c.srt', `${PARTS}/77`, 'elsewhere']
  for (const name of strange) await writeFile(join(out, name), name)
  assert.deepEqual([await erase(), await journals()], [[], []])
  const left = await readdir(out, { recursive: true })
  assert.deepEqual(left.sort(), [...strange, PARTS, 't', 't/sub', 't/sub/deep'].sort())
})

test('DK27: nothing is removed through a link, and a link or a folder in place of a file stays and is told', async (t) => {
  const { folder, out, journals, erase } = await scene(t)
  const outside = join(folder, 'outside')
  await mkdir(join(outside, 'deep'), { recursive: true })
  for (const name of ['b', 'deep/c', 'a']) await writeFile(join(outside, name), 'mine')
  await rm(join(out, 't/sub'), { recursive: true })
  await symlink(outside, join(out, 't/sub'))
  await rm(join(out, 't/a'))
  await symlink(join(outside, 'a'), join(out, 't/a'))
  await rm(join(out, 't/empty/d'))
  await mkdir(join(out, 't/empty/d'))
  assert.deepEqual((await erase()).toSorted(), [
    `A folder stands where a file should be: ${join(out, 't/empty/d')}.`,
    `A symbolic link stands where a file should be: ${join(out, 't/a')}.`,
    `A symbolic link stands where a folder should be: ${join(out, 't/sub')}.`,
  ])
  for (const name of ['b', 'deep/c', 'a']) assert.equal(await readFile(join(outside, name), 'utf8'), 'mine')
  assert.deepEqual((await readdir(join(out, 't'))).sort(), ['a', 'empty', 'sub'])
  assert.deepEqual(await readdir(join(out, 't/empty')), ['d'])
  assert.deepEqual(await journals(), [], 'nothing of it is there any more')
})

test('DK27: an out folder that is a link is where its files are, and stays', async (t) => {
  const { folder, out, erase } = await scene(t)
  const real = join(folder, 'real')
  await rename(out, real)
  await symlink(real, out)
  assert.deepEqual([await erase(true), await readdir(real)], [[], []])
  assert.deepEqual((await readdir(folder)).sort(), ['out', 'real', 'state'])
})

test('DK27: it is refused while the torrent is open, and nothing is removed', async (t) => {
  const { rig, out, spec } = await scene(t)
  const { storage } = rig.host.ports
  await rig.open(2, spec)
  assert.equal(await rig.code((ticket) => storage.erase(ticket, { ...spec, owned: true })), 'storage/locked')
  assert.deepEqual((await readdir(out)).sort(), [PARTS, 't'])
  await rig.value((ticket) => storage.close(ticket, 2))
})

test('DK27: while its folder is not there, its volume may be away: it stays known', async (t) => {
  const { rig, folder, out, spec, journals, erase } = await scene(t)
  await rename(out, join(folder, 'away'))
  assert.deepEqual(
    await rig.failure((ticket) => rig.host.ports.storage.erase(ticket, { ...spec, owned: true })),
    {
      code: 'storage/missing',
      message: `There is no ${out}.`,
    },
  )
  assert.equal((await journals()).length, 1)
  await rename(join(folder, 'away'), out)
  assert.deepEqual([await erase(), await readdir(out), await journals()], [[], [], []])
})

test('DK27: what no journal knows and no run has checked is not its own, though it has its names', async (t) => {
  const { folder, out, journals, erase } = await scene(t)
  for (const name of await journals()) await rm(join(folder, 'state', 'resume', name))
  const before = (await readdir(out, { recursive: true })).sort()
  const told = ['t/a', 't/empty/d', 't/sub/deep/c'].map(
    (name) => `${join(out, name)} is not known to be of this torrent.`,
  )
  assert.deepEqual((await erase(false)).toSorted(), told)
  assert.deepEqual((await readdir(out, { recursive: true })).sort(), before)
  assert.deepEqual([await erase(true), await readdir(out)], [[], []])
})
