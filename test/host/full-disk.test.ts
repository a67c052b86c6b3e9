import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { equalBytes } from '../../src/core/bytes.ts'
import { LockFile } from '../../src/host/lock-file.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const MAY_MOUNT = process.platform === 'linux' && process.getuid?.() === 0
const skip = MAY_MOUNT ? false : 'mounts need root on Linux'

async function smallDisk(t: TestContext, options: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lodestone-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  t.after(async () => {
    execFileSync('umount', ['-l', folder])
    await rmdir(folder)
  })
  return folder
}

test('DK1: a full disk is told with the file, keeps the piece in memory, and takes it when there is room', {
  skip,
}, async (t) => {
  const disk = await smallDisk(t, 'size=1m')
  const ballast = join(disk, 'ballast')
  await writeFile(ballast, new Uint8Array(800_000))
  const rig = new Rig(t)
  const { storage } = rig.host.ports
  await rig.open(1, storeSpec(disk, { 'a/b': 600_000 }, 300_000))
  await rig.value((k) => storage.prepare(k, 1))
  const bytes = content(300_000)
  storage.write(1, 0, 0, bytes)
  const failure = await rig.failure((k) => storage.flush(k, 1, 0, 0, bytes.length))
  assert.equal(failure.code, 'storage/full')
  assert.ok(failure.message.includes(join(disk, 'a', 'b')))
  await rm(ballast)
  await rig.value((k) => storage.flush(k, 1, 0, 0, bytes.length))
  assert.ok(equalBytes((await readFile(join(disk, 'a', 'b'))).subarray(0, 300_000), bytes))
})

test('a journal and a state file outlive a full disk whole', { skip }, async (t) => {
  const disk = await smallDisk(t, 'size=1m')
  const rig = new Rig(t, { stateFolder: join(disk, 'state') })
  const { storage, state } = rig.host.ports
  const spec = storeSpec(await temporaryFolder(t), { a: 10 }, 10)
  await rig.open(1, spec)
  const first = content(20_000)
  await rig.value((k) => storage.append(k, 1, first))
  await rig.value((k) => state.replace(k, 'table', first))
  const ballast = join(disk, 'ballast')
  await writeFile(ballast, new Uint8Array(900_000))
  const large = content(300_000)
  assert.equal(await rig.code((k) => storage.append(k, 1, large)), 'state/full')
  assert.equal(await rig.code((k) => storage.rewrite(k, 1, large)), 'state/full')
  assert.equal(await rig.code((k) => state.replace(k, 'table', large)), 'state/full')
  assert.deepEqual(await rig.value((k) => state.read(k, 'table')), first)
  await rm(ballast)
  await rig.value((k) => storage.append(k, 1, content(100, 3)))
  await rig.value((k) => storage.close(k, 1))
  const { journal } = await rig.open(2, spec)
  assert.ok(equalBytes(journal.subarray(0, 20_000), first))
  assert.ok(equalBytes(journal.subarray(20_000), content(100, 3)))
})

test('DK2: a read-only file system is told as such, at prepare and at flush', { skip }, async (t) => {
  const disk = await smallDisk(t, 'size=1m')
  const rig = new Rig(t)
  const { storage } = rig.host.ports
  await rig.open(1, storeSpec(disk, { 'a/b': 600_000 }, 300_000))
  await rig.value((k) => storage.prepare(k, 1))
  execFileSync('mount', ['-o', 'remount,ro', disk])
  const flushed = await rig.put(1, 0, content(300_000))
  assert.ok(!flushed.ok && flushed.failure.code === 'storage/read-only')
  await rig.open(2, storeSpec(join(disk, 'new'), { 'a/b': 600_000 }, 300_000))
  assert.equal(await rig.code((k) => storage.prepare(k, 2)), 'storage/read-only')
})

test('a lock for which there is no room leaves nothing behind', { skip }, async (t) => {
  const disk = await smallDisk(t, 'size=1m')
  await writeFile(join(disk, 'ballast'), new Uint8Array(2_000_000)).catch(() => {})
  await assert.rejects(LockFile.take(join(disk, 'x.lock'), 'it'), { code: 'state/full' })
  assert.deepEqual(await readdir(disk), ['ballast'])
})
