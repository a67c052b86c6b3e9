import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTorrent, saveTorrent } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { next, withNodes } from './loopback.ts'

async function write(folder: string, path: string | Buffer): Promise<void> {
  const place = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path as Buffer)])
  const slash = place.lastIndexOf('/')
  await mkdir(place.subarray(0, slash), { recursive: true })
  await writeFile(place, 'content')
}

const POSIX = process.platform === 'linux' ? false : 'these names need a file system that takes any byte'

describe('the names of what becomes a torrent', { skip: POSIX }, () => {
  const cases: readonly [what: string, names: readonly (string | Buffer)[], shown: RegExp][] = [
    ['a line end', ['content/a\nb'], /write "content\/a\\u\{a\}b" as "content\/a_b"/],
    ['a bell', ['content/a\u0007b'], /"content\/a\\u\{7\}b"/],
    ['an escape sequence', ['content/\u001b[31ma'], /"content\/\\u\{1b\}\[31ma"/],
    ['text turned around', ['content/a\u202eb'], /"content\/a\\u\{202e\}b" as "content\/ab"/],
    ['a backslash', ['content/a\\b'], /"content\/a\\b" as "content\/ab"/],
    ['spaces alone', ['content/ '], /"content\/ " as "content\/_"/],
    ['a folder of such a name', ['content/a\nb/c'], /"content\/a\\u\{a\}b\/c"/],
    [
      'two names that differ in case',
      ['content/a.txt', 'content/A.txt'],
      /"content\/a.txt" as "content\/a.1.txt"/,
    ],
    ['a file and a folder that do', ['content/x/a', 'content/X'], /"content\/X" as "content\/X.1"/],
    ['a name too long to be kept', [`content/${'x'.repeat(250)}`], /A download would write/],
    [
      'padding',
      ['content/_____padding_file_0', 'content/a'],
      /take "content\/_____padding_file_0" for padding/,
    ],
    [
      'bytes that are no text',
      [Buffer.from('content/a\xff', 'latin1')],
      /The name "a\\xff" in .* is not UTF-8/,
    ],
    [
      'a folder of such bytes',
      [Buffer.from('content/\xc3(/b', 'latin1')],
      /The name "\\xc3\(" in .* is not UTF-8/,
    ],
  ]
  for (const [what, names, message] of cases) {
    it(`are refused when a download would write them differently: ${what}`, async () => {
      await inTempFolder(async (folder) => {
        for (const name of names) await write(folder, name)
        await assert.rejects(createTorrent(join(folder, 'content')), {
          kind: 'usage',
          code: 'content/name',
          message,
        })
      })
    })
  }

  it('are refused for a single file and for the folder itself as well', async () => {
    await inTempFolder(async (folder) => {
      await write(folder, 'a\nb/c')
      await write(folder, 'd\ne')
      for (const name of ['a\nb', 'd\ne']) {
        await assert.rejects(createTorrent(join(folder, name)), { code: 'content/name', message: /\\u\{a\}/ })
      }
    })
  })

  it('are refused when no torrent can hold them', async () => {
    await inTempFolder(async (folder) => {
      await write(folder, `content/${'a/'.repeat(120)}b`)
      await assert.rejects(createTorrent(join(folder, 'content')), {
        kind: 'usage',
        code: 'content/unfit',
        message: /more than 100 parts/,
      })
    })
  })

  it('are kept otherwise, whatever they hold, and what was created is seeded', async () => {
    await inTempFolder(async (folder) => {
      for (const name of ['ä ö', '日本', 'a:b?c*', '.hidden', 'sub/é', 'con', '\ufffd']) {
        await write(folder, `content/${name}`)
      }
      const created = await createTorrent(join(folder, 'content'))
      assert.equal(created.files.length, 7)
      await withNodes(async (openNode) => {
        const node = await openNode()
        const seeding = next(node, 'seeding')
        node.add(created.metainfo, { mode: 'seed', out: folder })
        await seeding
      })
    })
  })
})

describe('a new torrent', () => {
  it('9.17 names no node that was not asked for', async () => {
    await inTempFolder(async (folder) => {
      await write(folder, 'content/a')
      const plain = await createTorrent(join(folder, 'content'))
      assert.doesNotMatch(Buffer.from(plain.bytes).toString('latin1'), /5:nodes/)
      const named = await createTorrent(join(folder, 'content'), { nodes: ['192.0.2.1:6881'] })
      assert.match(Buffer.from(named.bytes).toString('latin1'), /5:nodesll9:192\.0\.2\.1i6881eee/)
    })
  })
})

describe('saving a .torrent file', () => {
  it('writes all of it, in place of an older one', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'x.torrent')
      for (const length of [5, 100_000, 1]) {
        const bytes = new Uint8Array(length).fill(length)
        await saveTorrent(path, bytes)
        assert.deepEqual(new Uint8Array(await readFile(path)), bytes)
      }
      assert.deepEqual(await readdir(folder), ['x.torrent'])
    })
  })

  it('leaves nothing behind when it fails', async () => {
    await inTempFolder(async (folder) => {
      await assert.rejects(saveTorrent(join(folder, 'missing', 'x'), new Uint8Array(5)), {
        kind: 'storage',
        code: 'storage/missing',
      })
      await mkdir(join(folder, 'x'))
      await assert.rejects(saveTorrent(join(folder, 'x'), new Uint8Array(5)), { kind: 'storage' })
      assert.deepEqual(await readdir(folder), ['x'])
    })
  })
})
