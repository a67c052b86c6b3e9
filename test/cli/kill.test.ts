import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createTorrent, open } from '../../src/index.ts'
import { Program } from '../support/program.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { piecesOnDisk, uploaded } from './interrupted.ts'

const MIB = 1024 * 1024
const LENGTH = 256 * MIB
const KILLS = 20
/** Of the payload that the seeder sent, this share may have come twice. */
const MOST_TWICE = 0.1

test('a download that is killed twenty times goes on each time from all that is on disk', (t) => {
  return inTempFolder((folder) => killAgainAndAgain(t, folder))
})

async function killAgainAndAgain(t: TestContext, folder: string): Promise<void> {
  const content = join(folder, 'content.bin')
  await writeFile(content, randomBytes(LENGTH))
  const out = join(folder, 'out')
  await mkdir(out)
  const created = await createTorrent(content)
  const node = await open({ bind: ['127.0.0.1'], port: 0, bootstrap: 'none', state: false, lsd: false })
  t.after(() => node.close())
  const seed = node.add(created.metainfo, { mode: 'seed', out: folder })
  await seed.done
  const { host, port } = node.addresses[0]!
  const command = [
    ...[process.execPath, join(import.meta.dirname, '../../dist/bin/main.js'), 'download', created.magnet],
    ...['--out', out, '--state', join(folder, 'state'), '--bind', '127.0.0.2', '--port', '0'],
    ...['--bootstrap', `${host}:${port}`, '--download-limit', '4M', '--json'],
  ]
  for (let kill = 0; kill < KILLS; kill++) {
    const download = new Program(`download ${kill}`, command)
    t.after(() => download.stop())
    const moment = ((kill + Math.random()) / KILLS) * (LENGTH - 4 * MIB)
    await uploaded(seed, Math.max(moment, seed.progress().uploaded + 1), download)
    download.signal('SIGKILL')
    await download.end(5_000)
  }
  const right = await piecesOnDisk(join(out, 'content.bin'), created.metainfo)
  const before = seed.progress().uploaded
  const last = new Program('last download', command)
  t.after(() => last.stop())
  await last.success(60_000)
  const fetched = seed.progress().uploaded - before
  assert.equal(
    fetched,
    LENGTH - right * created.pieceLength,
    'pieces that were right on disk were fetched again',
  )
  assert.ok((await readFile(join(out, 'content.bin'))).equals(await readFile(content)))
  const sent = seed.progress().uploaded
  t.diagnostic(`${(100 * (sent / LENGTH - 1)).toFixed(2)} % of the payload was sent twice`)
  assert.ok(sent <= (1 + MOST_TWICE) * LENGTH, `${sent - LENGTH} bytes were sent twice`)
}
