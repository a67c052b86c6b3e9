import assert from 'node:assert/strict'
import { mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { latin1 } from '../../src/core/bytes.ts'
import { Rig, temporaryFolder } from './rig.ts'

test('a state file is absent, then as it was last replaced; the folder is made for the user alone', async (t) => {
  const folder = join(await temporaryFolder(t), 'a', 'state')
  const rig = new Rig(t, { stateFolder: folder })
  const { state } = rig.host.ports
  assert.equal(await rig.value((k) => state.read(k, 'table')), undefined)
  await assert.rejects(stat(folder))
  await Promise.all(['1', '22', '3'].map((text) => rig.value((k) => state.replace(k, 'table', latin1(text)))))
  assert.deepEqual(await rig.value((k) => state.read(k, 'table')), latin1('3'))
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  await rig.value((k) => state.replace(k, 'torrents/a-1.bin', latin1('deep')))
  assert.deepEqual(await rig.value((k) => state.read(k, 'torrents/a-1.bin')), latin1('deep'))
  assert.deepEqual((await readdir(folder)).sort(), ['table', 'torrents'])
})

for (const name of ['../x', '/etc/passwd', 'a/../../x', '.hidden', 'A', 'a b', '', 'a//b', 'a\u0000b']) {
  test(`the name ${JSON.stringify(name)} is refused`, async (t) => {
    const rig = new Rig(t, { stateFolder: await temporaryFolder(t) })
    assert.equal(await rig.code((k) => rig.host.ports.state.read(k, name)), 'storage/unsafe-path')
    assert.equal(
      await rig.code((k) => rig.host.ports.state.replace(k, name, latin1('x'))),
      'storage/unsafe-path',
    )
  })
}

test('a file that is too long to be ours is not read into memory', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'table'), '')
  await truncate(join(folder, 'table'), 33 * 1024 * 1024)
  const rig = new Rig(t, { stateFolder: folder })
  assert.equal(await rig.code((k) => rig.host.ports.state.read(k, 'table')), 'state/unusable')
})

test('a folder that cannot be made is one sentence with its path', async (t) => {
  const folder = join(await temporaryFolder(t), 'file')
  await writeFile(folder, 'in the way')
  const rig = new Rig(t, { stateFolder: folder })
  const failure = await rig.failure((k) => rig.host.ports.state.replace(k, 'table', latin1('x')))
  assert.equal(failure.code, 'state/unsafe-path')
  assert.ok(failure.message.includes(folder))
})

test('a folder in a state file’s place is told, not read', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'table'))
  const rig = new Rig(t, { stateFolder: folder })
  assert.equal(await rig.code((k) => rig.host.ports.state.read(k, 'table')), 'state/unusable')
})

test('the state folder is claimed by one host at a time', async (t) => {
  const stateFolder = await temporaryFolder(t)
  const first = new Rig(t, { stateFolder })
  const second = new Rig(t, { stateFolder })
  assert.equal(await first.value((k) => first.host.ports.state.claim(k)), true)
  assert.equal(await second.value((k) => second.host.ports.state.claim(k)), false)
  await first.host.close()
  assert.equal(await second.value((k) => second.host.ports.state.claim(k)), true)
})

test('without a folder everything is absent and nothing is kept', async (t) => {
  const rig = new Rig(t)
  const { state } = rig.host.ports
  assert.equal(await rig.value((k) => state.claim(k)), true)
  await rig.value((k) => state.replace(k, 'table', latin1('x')))
  assert.equal(await rig.value((k) => state.read(k, 'table')), undefined)
})
