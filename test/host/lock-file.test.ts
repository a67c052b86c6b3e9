import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LodestoneError } from '../../src/core/errors.ts'
import { LockFile } from '../../src/host/lock-file.ts'
import { temporaryFolder } from './rig.ts'

async function holder(t: TestContext, path: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./lock-holder.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

function isLockedBy(pid: number): (error: unknown) => boolean {
  return (error) =>
    error instanceof LodestoneError && error.code === 'storage/locked' && error.message.includes(` ${pid}`)
}

test('DK18: a lock of another process refuses, naming it; after its kill -9 it is taken over', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'deep', 'x.lock')
  const child = await holder(t, path)
  await assert.rejects(LockFile.take(path, 'the torrent'), isLockedBy(child.pid!))
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await LockFile.take(path, 'the torrent')
  assert.ok((await readFile(path, 'latin1')).startsWith(`${process.pid} `))
  await lock.release()
  assert.deepEqual(await readdir(join(folder, 'deep')), [])
})

test('a lock can be asked after: it refuses while its holder lives, in this process or another, and none is taken', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'x.lock')
  await LockFile.requireFree(path, 'it')
  const lock = await LockFile.take(path, 'it')
  await assert.rejects(LockFile.requireFree(path, 'it'), isLockedBy(process.pid))
  await lock.release()
  const child = await holder(t, path)
  await assert.rejects(LockFile.requireFree(path, 'it'), isLockedBy(child.pid!))
  child.kill('SIGKILL')
  await once(child, 'exit')
  await LockFile.requireFree(path, 'it')
  assert.deepEqual(await readdir(folder), ['x.lock'])
})

test('the lock of one process refuses its second taker, until it is released', async (t) => {
  const path = join(await temporaryFolder(t), 'x.lock')
  const lock = await LockFile.take(path, 'it')
  await assert.rejects(LockFile.take(path, 'it'), isLockedBy(process.pid))
  await lock.release()
  await (await LockFile.take(path, 'it')).release()
})

for (const [what, stale] of [
  ['a process that is no more', '4194303 77\n'],
  ['a process whose number another one has now', `${process.ppid} 1\n`],
  ['an earlier process with the number of this one', `${process.pid} 1\n`],
  ['nobody (empty)', ''],
  ['something else', 'hello'],
] as const) {
  test(`a lock left by ${what} is taken over`, async (t) => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'x.lock')
    await writeFile(path, stale)
    await writeFile(join(folder, 'x.lock.77-1'), 'an attempt that was killed')
    const lock = await LockFile.take(path, 'it')
    assert.deepEqual(await readdir(folder), ['x.lock'])
    await lock.release()
  })
}
