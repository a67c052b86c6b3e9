import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTorrent, open } from '../../src/index.ts'
import { decodeJournal, type JournalContent } from '../../src/session/journal.ts'
import { Program } from '../support/program.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { piecesOnDisk, uploaded } from './interrupted.ts'

const MIB = 1024 * 1024
const LENGTH = 192 * MIB

test('DK26: a signal during heavy writes ends it within five seconds behind a barrier, a second one at once', (t) => {
  return inTempFolder((folder) => signalled(t, folder))
})

async function signalled(t: TestContext, folder: string): Promise<void> {
  const content = join(folder, 'content.bin')
  await writeFile(content, randomBytes(LENGTH))
  const out = join(folder, 'out')
  await mkdir(out)
  const created = await createTorrent(content)
  const { info } = created.metainfo
  const node = await open({ bind: ['127.0.0.1'], port: 0, bootstrap: 'none', state: false, lsd: false })
  t.after(() => node.close())
  const seed = node.add(created.metainfo, { mode: 'seed', out: folder })
  await seed.done
  const { host, port } = node.addresses[0]!
  const state = join(folder, 'state')
  const command = [
    ...[
      process.execPath,
      join(import.meta.dirname, '../../dist/src/cli/main.js'),
      'download',
      created.magnet,
    ],
    ...['--out', out, '--state', state, '--bind', '127.0.0.2', '--port', '0'],
    ...['--bootstrap', `${host}:${port}`, '--json'],
  ]
  const started = async (bytes: number): Promise<Program> => {
    const download = new Program('download', command)
    t.after(() => download.stop())
    await uploaded(seed, seed.progress().uploaded + bytes, download)
    return download
  }
  const journal = async (): Promise<JournalContent> => {
    const [name] = (await readdir(join(state, 'resume'))).filter((each) => each.endsWith('.journal'))
    return decodeJournal(
      info.infoHash,
      await readFile(join(state, 'resume', name!)),
      info.pieces!.length / 20,
    )!
  }

  const first = await started(LENGTH / 4)
  const asked = performance.now()
  first.signal('SIGTERM')
  assert.equal((await first.end(10_000)).code, 143)
  assert.ok(performance.now() - asked <= 5_000)
  const clean = await journal()
  const right = await piecesOnDisk(join(out, 'content.bin'), created.metainfo)
  assert.deepEqual([clean.trusted.size, clean.doubtful.size], [right, 0])
  assert.ok(right > 0 && 20 * right < info.pieces!.length)

  const second = await started(LENGTH / 4)
  second.signal('SIGINT')
  second.signal('SIGINT')
  const { code } = await second.end(10_000)
  assert.equal(code, 130)
  const kept = await piecesOnDisk(join(out, 'content.bin'), created.metainfo)
  assert.ok(kept > right)
  const before = seed.progress().uploaded
  const last = new Program('last download', command)
  t.after(() => last.stop())
  await last.success(60_000)
  assert.equal(seed.progress().uploaded - before, LENGTH - kept * created.pieceLength)
  assert.ok((await readFile(join(out, 'content.bin'))).equals(await readFile(content)))
}
