import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StoreSpec } from '../../src/session/ports.ts'
import { CrashRig } from '../crash/crash-rig.ts'
import { type Faults, ModelDisk } from '../crash/model-disk.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const LENGTH = 3_000_000

/** A store of two files in a real folder, prepared; how long they are, and how much of that is on disk. */
async function prepared(
  t: TestContext,
  allocation: StoreSpec['allocation'],
): Promise<{ rig: Rig; look(name: string): Promise<[size: number, isThere: boolean]> }> {
  const folder = await temporaryFolder(t)
  const rig = new Rig(t)
  await rig.open(1, storeSpec(folder, { a: LENGTH, 'b/c': 10 }, 16_384, { allocation }))
  await rig.value((k) => rig.host.ports.storage.prepare(k, 1))
  return {
    rig,
    look: async (name) => {
      const { size, blocks } = await stat(join(folder, name))
      return [size, 512 * blocks >= size]
    },
  }
}

test('DK20: files grow as they are written, have their length at once, or are there in full, as is asked', async (t) => {
  const none = await prepared(t, 'none')
  await none.rig.put(1, 2, content(16_384))
  assert.equal((await none.look('a'))[0], 3 * 16_384)
  const sparse = await prepared(t, 'sparse')
  await sparse.rig.put(1, 2, content(16_384))
  assert.deepEqual(await sparse.look('a'), [LENGTH, false])
  const full = await prepared(t, 'full')
  assert.deepEqual(
    [await full.look('a'), await full.look('b/c')],
    [
      [LENGTH, true],
      [10, true],
    ],
  )
})

function onModel(t: TestContext, faults: Faults): { rig: Rig; disk: ModelDisk } {
  const disk = new ModelDisk()
  return { rig: new Rig(t, { files: disk.boot(faults) }), disk }
}

test('DK20: a disk that is too small says so before anything is fetched, and has its room again', async (t) => {
  let left = 2
  const { rig, disk } = onModel(t, {
    fails: (name) => (name === 'write' && left-- <= 0 ? 'ENOSPC' : undefined),
  })
  await rig.open(1, storeSpec('/out', { a: LENGTH }, 16_384, { allocation: 'full' }))
  assert.equal(await rig.code((k) => rig.host.ports.storage.prepare(k, 1)), 'storage/full')
  assert.equal(disk.contents.get('/out/a')?.length, 0)
})

test('DK20: where less is free than is still to be written it is refused before anything is written, by what is wanted alone', async (t) => {
  let free = 2 * LENGTH - 5_001
  const { rig, disk } = onModel(t, { free: () => free })
  const { storage } = rig.host.ports
  disk.put('/out/a', content(5_000))
  const spec = storeSpec('/out', { a: LENGTH, b: LENGTH, c: LENGTH }, 16_384, { allocation: 'full' })
  const files = spec.files.map((file, index) => ({ ...file, skip: index === 2 }))
  await rig.open(1, { ...spec, files })
  const { code, message } = await rig.failure((k) => storage.prepare(k, 1))
  assert.equal(code, 'storage/full')
  assert.match(message, /too little room: 6 MiB are still to be written to \/out, 5 MiB are free/)
  assert.deepEqual(
    [...disk.contents].map(([path, { length }]) => [path, length]),
    [['/out/a', 5_000]],
  )
  free += 1
  await rig.value((k) => storage.prepare(k, 1))
  free = LENGTH - 1
  assert.equal(await rig.code((k) => storage.select(k, 1, [false, false, false])), 'storage/full')
  assert.equal(disk.contents.has('/out/c'), false)
})

test('DK20: an allocation ends when its store is closed', async (t) => {
  const { rig, disk } = onModel(t, {})
  const { storage } = rig.host.ports
  await rig.open(1, storeSpec('/out', { a: 50 * LENGTH }, 16_384, { allocation: 'full' }))
  const [prepare] = await Promise.all([
    rig.outcome((k) => storage.prepare(k, 1)),
    rig.outcome((k) => storage.close(k, 1)),
  ])
  assert.ok(!prepare.ok && prepare.failure.code === 'storage/closed')
  assert.equal(disk.contents.get('/out/a')?.length ?? 0, 0)
})

test('DK20: on a file system that makes no holes files grow, and a download is whole in the end', async () => {
  for (const allocation of ['none', 'sparse', 'full'] as const) {
    const refuse = allocation === 'sparse' ? 'EOPNOTSUPP' : undefined
    const rig = new CrashRig(1, { fails: (name) => (name === 'truncate' ? refuse : undefined) })
    rig.ask({ allocation })
    await rig.until(() => rig.leech.verified > 0)
    rig.kill()
    rig.boot()
    await rig.finish()
    assert.deepEqual([rig.right.size, rig.leech.complaints], [rig.pieceCount, []], allocation)
  }
})
