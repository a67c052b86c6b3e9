import assert from 'node:assert/strict'
import { rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type FileCalls, systemFiles } from '../../src/host/file-calls.ts'
import { content, Rig, storeSpec, temporaryFolder } from './rig.ts'

const COUNT = 200

test('of many files in one folder each pass looks at the folder once, and anew in the next', async (t) => {
  const out = await temporaryFolder(t)
  const looks = new Map<string, number>()
  const lstat: FileCalls['lstat'] = (path) => {
    looks.set(path, (looks.get(path) ?? 0) + 1)
    return systemFiles.lstat(path)
  }
  const rig = new Rig(t, { files: { ...systemFiles, lstat } })
  const { storage } = rig.host.ports
  const names = Array.from({ length: COUNT }, (_, i) => `tor/sub/${i}`)
  const spec = storeSpec(out, Object.fromEntries(names.map((name) => [name, 10])), 10 * COUNT)
  await rig.open(1, spec)
  await rig.value((k) => storage.prepare(k, 1))
  assert.ok((await rig.put(1, 0, content(10 * COUNT))).ok)
  await rig.value((k) => storage.close(k, 1))
  looks.clear()
  const { lengths } = await rig.open(2, spec)
  assert.deepEqual(lengths, new Array(COUNT).fill(10))
  const folder = join(out, 'tor', 'sub')
  let pass = 1
  for (const ask of ['prepare', 'marks', 'confirm'] as const) {
    assert.deepEqual([looks.get(folder), looks.get(join(out, 'tor'))], [pass, pass], ask)
    await rig.value((k) => storage[ask](k, 2))
    pass += 1
  }
  assert.equal(looks.get(folder), pass)
  await rename(folder, join(out, 'away'))
  await symlink(join(out, 'away'), folder)
  assert.equal(await rig.code((k) => storage.confirm(k, 2)), 'storage/unsafe-path')
  assert.equal(await rig.code((k) => storage.marks(k, 2)), 'storage/unsafe-path')
})
