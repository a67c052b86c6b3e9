import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { JournalFile } from '../../src/host/journal-file.ts'
import { Rig, storeSpec, temporaryFolder } from './rig.ts'

test('a journal holds what was appended since it was last rewritten, in the order of the calls', async (t) => {
  const folder = await temporaryFolder(t)
  let round = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rewrite: fc.boolean(), bytes: fc.uint8Array({ maxLength: 40 }) }), {
        maxLength: 8,
      }),
      async (calls) => {
        const path = join(folder, 'resume', `${round++}.journal`)
        const journal = new JournalFile(path)
        assert.equal((await journal.read()).bytes.length, 0)
        let expected: Uint8Array = new Uint8Array(0)
        // Nobody waits for one call before the next.
        const under = calls.map(({ rewrite, bytes }) =>
          rewrite ? journal.rewrite(bytes) : journal.append(bytes),
        )
        for (const { rewrite, bytes } of calls) expected = rewrite ? bytes : concatBytes([expected, bytes])
        await Promise.all(under)
        await journal.sync()
        await journal.close()
        assert.deepEqual((await new JournalFile(path).read()).bytes, expected)
      },
    ),
    { numRuns: 25 },
  )
})

test('a sync keeps the file open that it needs, whatever is asked for meanwhile', async (t) => {
  const path = join(await temporaryFolder(t), 'a.journal')
  const journal = new JournalFile(path)
  await journal.read()
  for (let round = 0; round < 20; round++) {
    const under = [journal.append(latin1('x')), journal.sync(), journal.sync()]
    under.push(round % 2 === 0 ? journal.rewrite(latin1('y')) : journal.close(), journal.sync())
    await Promise.all(under)
  }
  await journal.close()
  assert.equal(await readFile(path, 'latin1'), 'yx')
})

test('DK14: what an interrupted rewrite left behind is swept away, and nothing else', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'a.journal')
  for (const name of ['a.journal', 'a.journal.123456', 'a.journal.lock', 'b.journal.7']) {
    await writeFile(join(folder, name), name)
  }
  assert.equal(toLatin1((await new JournalFile(path).read()).bytes), 'a.journal')
  assert.deepEqual((await readdir(folder)).sort(), ['a.journal', 'a.journal.lock', 'b.journal.7'])
})

test('journal and lock are per torrent and out folder, below the state folder; they come back at the next open', async (t) => {
  const folder = await temporaryFolder(t)
  const state = join(folder, 'state')
  const spec = storeSpec(join(folder, 'out'), { a: 10 }, 10)
  const rig = new Rig(t, { stateFolder: state })
  const { storage } = rig.host.ports
  assert.equal((await rig.open(1, spec)).journal.length, 0)
  await rig.value((k) => storage.append(k, 1, latin1('one')))
  await rig.value((k) => storage.append(k, 1, latin1('two')))
  await rig.value((k) => storage.barrier(k, 1))
  const other = new Rig(t, { stateFolder: state })
  const failure = await other.failure((k) => other.host.ports.storage.open(k, 1, spec))
  assert.equal(failure.code, 'storage/locked')
  assert.ok(failure.message.includes(String(process.pid)))
  await other.open(2, { ...spec, out: join(folder, 'elsewhere') })
  await rig.value((k) => storage.close(k, 1))
  const again = await other.open(1, spec)
  assert.equal(toLatin1(again.journal), 'onetwo')
  await other.host.close()
  const names = await readdir(join(state, 'resume'))
  assert.equal(names.length, 1)
  assert.match(names[0]!, /^(07){20}-[0-9a-f]{16}\.journal$/)
  assert.equal(await readFile(join(state, 'resume', names[0]!), 'latin1'), 'onetwo')
})

test('an ephemeral store keeps no journal and takes no lock', async (t) => {
  const folder = await temporaryFolder(t)
  const rig = new Rig(t, { stateFolder: join(folder, 'state') })
  const spec = storeSpec(folder, { a: 10 }, 10, { ephemeral: true })
  await rig.open(1, spec)
  await rig.open(2, spec)
  await rig.value((k) => rig.host.ports.storage.append(k, 1, latin1('x')))
  await rig.value((k) => rig.host.ports.storage.rewrite(k, 1, latin1('x')))
  await rig.value((k) => rig.host.ports.storage.barrier(k, 1))
  assert.deepEqual(await readdir(folder), [])
})

test('DK18: who only reads what another is writing is told who writes', async (t) => {
  const folder = await temporaryFolder(t)
  const rig = new Rig(t, { stateFolder: join(folder, 'state') })
  const { storage } = rig.host.ports
  const spec = storeSpec(folder, { a: 10 }, 10)
  await rig.open(1, spec)
  const seed = { ...spec, readOnly: true, ephemeral: true }
  const { code, message } = await rig.failure((k) => storage.open(k, 2, seed))
  assert.deepEqual(
    { code, message },
    {
      code: 'storage/locked',
      message: `${folder} is being downloaded or seeded by process ${process.pid}: stop it first.`,
    },
  )
  await rig.value((k) => storage.close(k, 1))
  await rig.open(3, seed)
})

test('a store that failed to open holds no lock, and closing it takes none from another', async (t) => {
  const folder = await temporaryFolder(t)
  const state = join(folder, 'state')
  const out = join(folder, 'out')
  await writeFile(out, 'in the way')
  const spec = storeSpec(out, { a: 10 }, 10)
  const rig = new Rig(t, { stateFolder: state })
  const { storage } = rig.host.ports
  assert.equal(await rig.code((k) => storage.open(k, 1, spec)), 'storage/unsafe-path')
  await rm(out)
  await rig.open(2, spec)
  await rig.value((k) => storage.close(k, 1))
  assert.equal(await rig.code((k) => storage.open(k, 3, spec)), 'storage/locked')
  assert.equal((await readdir(join(state, 'resume'))).length, 1)
})
