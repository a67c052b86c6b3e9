import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { equalBytes } from '../../src/core/bytes.ts'
import { FileSet } from '../../src/host/file-set.ts'
import { OpenFiles } from '../../src/host/open-files.ts'
import { StoreFiles } from '../../src/host/store-files.ts'
import type { StoreSpec } from '../../src/session/ports.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const PIECE = 10_000
const FILES = { 'tor/a': 25_000, 'tor/empty': 0, '.pad/5000': 5_000, 'tor/sub/b': 10_000 }

interface Downloaded {
  readonly rig: Rig
  readonly out: string
  readonly bytes: Uint8Array
}

async function downloaded(t: TestContext, changes: Partial<StoreSpec> = {}): Promise<Downloaded> {
  const out = await temporaryFolder(t)
  const spec = storeSpec(out, FILES, PIECE, changes)
  const rig = new Rig(t)
  await rig.open(1, spec)
  await rig.value((k) => rig.host.ports.storage.prepare(k, 1))
  const bytes = content(spec.length)
  bytes.fill(0, 25_000, 30_000)
  for (let piece = 0; piece < 4; piece++) {
    assert.ok((await rig.put(1, piece, bytes.subarray(piece * PIECE, (piece + 1) * PIECE))).ok)
  }
  return { rig, out, bytes }
}

test('files that are in place are confirmed, pads and empty ones too', async (t) => {
  const { rig } = await downloaded(t)
  assert.deepEqual(await rig.value((k) => rig.host.ports.storage.confirm(k, 1)), [])
})

/** What happens to which file, and what the sentence begins with where it is not that file. */
const SPOILT: readonly (readonly [string, string, (path: string) => Promise<unknown>, RegExp?])[] = [
  ['was deleted', 'tor/a', (path) => rm(path)],
  ['was deleted, an empty one', 'tor/empty', (path) => rm(path)],
  ['was cut to nothing', 'tor/a', (path) => truncate(path, 0)],
  ['was cut by a byte', 'tor/sub/b', (path) => truncate(path, 9_999)],
  [
    'was replaced by a folder',
    'tor/a',
    (path) => rm(path).then(() => mkdir(path)),
    /^A folder stands where a file should be: .*a\.$/,
  ],
  [
    'was replaced by a pipe',
    'tor/a',
    async (path) => rm(path).then(() => execFileSync('mkfifo', [path])),
    /^A pipe, socket or device stands where a file should be: .*a\.$/,
  ],
  [
    'was replaced by another one as long',
    'tor/a',
    (path) => rm(path).then(() => writeFile(path, new Uint8Array(25_000))),
  ],
  [
    'was replaced by a link to itself',
    'tor/a',
    (path) => rename(path, `${path}2`).then(() => symlink(`${path}2`, path)),
    /^A symbolic link stands where a file should be: .*a\.$/,
  ],
  [
    'lies in a folder that was moved away',
    'tor/sub/b',
    (path) => rename(join(path, '..'), join(path, '..', '..', 'gone')),
  ],
  [
    'lies in an out folder that was moved away',
    'tor/a',
    (path) => rename(join(path, '..', '..'), `${join(path, '..', '..')}-away`),
    /^\S+ is gone: put it back, or make it again to fetch all anew, and start again\.$/,
  ],
]

for (const [what, name, spoil, told] of SPOILT) {
  test(`DK11: a file that ${what} is not confirmed`, async (t) => {
    const { rig, out } = await downloaded(t)
    await spoil(join(out, name))
    const { code, message } = await rig.failure((k) => rig.host.ports.storage.confirm(k, 1))
    assert.equal(code, message.includes('stands where') ? 'storage/unsafe-path' : 'storage/missing')
    if (told !== undefined) assert.match(message, told)
    else assert.ok(message.startsWith(join(out, name)) && message.includes('start again'), message)
  })
}

test('DK11: a file that was cut is not written on, so that it does not grow again with a hole', async (t) => {
  const { rig, out, bytes } = await downloaded(t)
  await truncate(join(out, 'tor', 'a'), 0)
  const last = await rig.put(1, 2, bytes.subarray(2 * PIECE, 3 * PIECE))
  assert.ok(!last.ok && last.failure.code === 'storage/missing')
  const again = await rig.put(1, 2, bytes.subarray(2 * PIECE, 3 * PIECE))
  assert.ok(!again.ok && again.failure.code === 'storage/missing')
  assert.equal((await stat(join(out, 'tor', 'a'))).size, 0)
})

test('DK6: files that are longer than they should be are named and left alone', async (t) => {
  const { rig, out } = await downloaded(t)
  await truncate(join(out, 'tor', 'a'), 30_000)
  await writeFile(join(out, 'tor', 'empty'), 'not empty')
  const surplus = await rig.value((k) => rig.host.ports.storage.confirm(k, 1))
  assert.deepEqual(surplus, [join(out, 'tor', 'a'), join(out, 'tor', 'empty')])
  assert.equal((await stat(join(out, 'tor', 'a'))).size, 30_000)
})

test('DK6: they are cut when what lies there may be overwritten', async (t) => {
  const { rig, out, bytes } = await downloaded(t, { overwrite: true })
  await truncate(join(out, 'tor', 'a'), 30_000)
  await writeFile(join(out, 'tor', 'empty'), 'not empty')
  assert.deepEqual(await rig.value((k) => rig.host.ports.storage.confirm(k, 1)), [])
  assert.ok(equalBytes(await readFile(join(out, 'tor', 'a')), bytes.subarray(0, 25_000)))
  assert.equal((await stat(join(out, 'tor', 'empty'))).size, 0)
})

test('DK4: a barrier over many files holds no more descriptors than may be, and tries again only what failed', async (t) => {
  const count = 300
  const cap = 4
  const names = Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 10]))
  const spec = storeSpec(await temporaryFolder(t), names, PIECE)
  const set = new FileSet(spec)
  const open = new OpenFiles(cap)
  const files = new StoreFiles(set, open, '1/', spec)
  await files.look()
  await files.prepare()
  await files.write(0, [content(10 * count)])
  let most = 0
  let opened = 0
  const use = open.use.bind(open)
  open.use = (key, make, work) =>
    use(
      key,
      () => {
        opened += 1
        return make()
      },
      (file) => {
        most = Math.max(most, open.size)
        return work(file)
      },
    )
  await rename(set.paths[7]!, `${set.paths[7]!}.away`)
  await assert.rejects(files.sync(), { code: 'storage/missing' })
  assert.ok(most <= 16 + cap, `${most} files were open`)
  opened = 0
  await rename(`${set.paths[7]!}.away`, set.paths[7]!)
  await files.sync()
  assert.equal(opened, 1)
  await files.close()
  assert.equal(open.size, 0)
})
