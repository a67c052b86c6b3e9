import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { latin1, toLatin1 } from '../../src/core/bytes.ts'
import { journalPath } from '../../src/host/journal-path.ts'
import { LockFile } from '../../src/host/lock-file.ts'
import { Rig, storeSpec, temporaryFolder } from './rig.ts'

test('a state folder that cannot be had is told as such, by its own path', async (t) => {
  const folder = await temporaryFolder(t)
  const state = join(folder, 'state')
  await writeFile(state, 'a file')
  const rig = new Rig(t, { stateFolder: state })
  const { storage, state: port } = rig.host.ports
  const failures = [
    await rig.failure((k) => storage.open(k, 1, storeSpec(join(folder, 'out'), { a: 10 }, 10))),
    await rig.failure((k) => port.claim(k)),
    await rig.failure((k) => port.replace(k, 'table', latin1('x'))),
  ]
  for (const { code, message } of failures) {
    assert.ok(code.startsWith('state/'), code)
    assert.ok(message.includes(`${state}/`) && message.includes('--state'), message)
    assert.ok(!message.includes(join(folder, 'out')), message)
  }
})

test('a journal that cannot be written is told by its own path', async (t) => {
  const folder = await temporaryFolder(t)
  const rig = new Rig(t, { stateFolder: join(folder, 'state') })
  const spec = storeSpec(join(folder, 'out'), { a: 10 }, 10)
  await rig.open(1, spec)
  const path = await journalPath(join(folder, 'state'), spec.infoHash, join(folder, 'out'))
  await mkdir(path)
  const { code, message } = await rig.failure((k) => rig.host.ports.storage.append(k, 1, latin1('x')))
  assert.equal(code, 'state/unsafe-path')
  assert.ok(message.includes(path) && message.includes('--state'), message)
})

test('a lock that cannot be written leaves nothing behind', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'x.lock')
  // Longer than a name may be, once a number is added: the attempt itself fails.
  const long = join(folder, `${'x'.repeat(250)}.lock`)
  await assert.rejects(LockFile.take(long, 'it'), /--state/)
  await mkdir(path)
  await assert.rejects(LockFile.take(path, 'it'), { code: 'state/unusable' })
  assert.deepEqual(await readdir(folder), ['x.lock'])
})

test('DK18: one place is locked once, however it is spelt', async (t) => {
  const folder = await temporaryFolder(t)
  const stateFolder = join(folder, 'state')
  await mkdir(join(folder, 'real'))
  await symlink('real', join(folder, 'link'))
  const first = new Rig(t, { stateFolder })
  await first.open(1, storeSpec(join(folder, 'real', 'not yet'), { a: 10 }, 10))
  const second = new Rig(t, { stateFolder })
  const spec = storeSpec(join(folder, 'link', 'not yet'), { a: 10 }, 10)
  assert.equal(await second.code((k) => second.host.ports.storage.open(k, 1, spec)), 'storage/locked')
})

const IN_PLACE: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['a folder', (path) => mkdir(path)],
  ['a folder with something in it', (path) => mkdir(join(path, 'x'), { recursive: true })],
  ['a pipe', async (path) => execFileSync('mkfifo', [path])],
  ['a link', (path) => symlink('nowhere', path)],
  ['a file that is too long', (path) => writeFile(path, '').then(() => truncate(path, 2 ** 28 + 1))],
]

for (const [what, plant] of IN_PLACE) {
  test(`${what} in the journal's place is moved aside, and a journal begins`, async (t) => {
    const folder = await temporaryFolder(t)
    const out = join(folder, 'out')
    const spec = storeSpec(out, { a: 10 }, 10)
    const path = await journalPath(join(folder, 'state'), spec.infoHash, out)
    await mkdir(dirname(path), { recursive: true })
    await plant(path)
    const rig = new Rig(t, { stateFolder: join(folder, 'state') })
    const { storage } = rig.host.ports
    const opened = await rig.open(1, spec)
    assert.deepEqual([opened.journal.length, opened.journalAside], [0, `${path}.aside`])
    await rig.value((k) => storage.append(k, 1, latin1('begun')))
    await rig.value((k) => storage.close(k, 1))
    assert.equal(await readFile(path, 'latin1'), 'begun')
    const again = await rig.open(2, spec)
    assert.deepEqual([toLatin1(again.journal), again.journalAside], ['begun', undefined])
    assert.ok((await readdir(dirname(path))).includes(`${basename(path)}.aside`))
  })
}

test('a pipe in a state file’s place is told at once, and is replaced by what is kept next', async (t) => {
  const folder = await temporaryFolder(t)
  execFileSync('mkfifo', [join(folder, 'table')])
  const rig = new Rig(t, { stateFolder: folder })
  const { state } = rig.host.ports
  assert.equal(await rig.code((k) => state.read(k, 'table')), 'state/unusable')
  await rig.value((k) => state.replace(k, 'table', latin1('x')))
  assert.equal(toLatin1(await rig.value((k) => state.read(k, 'table'))), 'x')
})
