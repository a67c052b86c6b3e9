import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { streamFor } from '../../sim/engine/rng.ts'
import { below } from '../../src/core/rng.ts'
import { createTorrent, open } from '../../src/index.ts'
import { piecesOnDisk } from '../cli/interrupted.ts'
import { temporaryFolder } from '../host/rig.ts'
import { Program } from '../support/program.ts'

const MIB = 1024 * 1024
const LENGTH = 24 * MIB
const KILLS = 6

test('DK14: a real process killed at chosen changes of the disk loses nothing that was on it', async (t: TestContext) => {
  const folder = await temporaryFolder(t)
  const content = join(folder, 'content.bin')
  await writeFile(content, randomBytes(LENGTH))
  const created = await createTorrent(content)
  const torrent = join(folder, 'a.torrent')
  await writeFile(torrent, created.bytes)
  const node = await open({ bind: ['127.0.0.1'], port: 0, bootstrap: 'none', state: false, lsd: false })
  t.after(() => node.close())
  const seed = node.add(created.metainfo, { mode: 'seed', out: folder })
  await seed.done
  const { host, port } = node.addresses[0]!
  const [out, state] = [join(folder, 'out'), join(folder, 'state')]
  await mkdir(out)
  const victim = (boundary: number): Program => {
    const script = fileURLToPath(new URL('./victim.ts', import.meta.url))
    const given = [`${boundary}`, torrent, out, state, `${host}:${port}`]
    const program = new Program(`victim ${boundary}`, [process.execPath, '--import', 'tsx', script, ...given])
    t.after(() => program.stop())
    return program
  }
  const rng = streamFor(14, 0, 'boundaries')
  for (let kill = 0; kill < KILLS; kill++) {
    const { signal } = await victim(below(rng, 60)).end(30_000)
    assert.equal(signal, 'SIGKILL')
  }
  const right = await piecesOnDisk(join(out, 'content.bin'), created.metainfo)
  const last = victim(1e9)
  const received = last.line('what it received', (line) => line.startsWith('received '), 30_000)
  await last.success(30_000)
  assert.equal(await received, `received ${LENGTH - right * created.pieceLength}`)
  assert.ok((await readFile(join(out, 'content.bin'))).equals(await readFile(content)))
  assert.deepEqual(
    (await readdir(join(state, 'resume'))).filter((name) => !name.endsWith('.journal')),
    [],
  )
  assert.deepEqual(await readdir(out), ['content.bin'])
})
