import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, noise, placeOf, within, withNodes } from './loopback.ts'

const LENGTH = 400_000

interface Change {
  readonly what: string
  change(path: string): Promise<unknown>
  readonly code: string
  readonly message: RegExp
  /** What the message asks for before the next start. */
  mend?(path: string): Promise<unknown>
}

const CHANGES: readonly Change[] = [
  {
    what: 'was deleted',
    change: (path) => rm(path),
    code: 'storage/missing',
    message: /out\/content was deleted meanwhile: start again/,
  },
  {
    what: 'was cut to nothing',
    change: (path) => truncate(path, 0),
    code: 'storage/missing',
    message: /out\/content was cut meanwhile: start again/,
  },
  {
    what: 'was replaced by a folder',
    change: (path) => rm(path).then(() => mkdir(path)),
    code: 'storage/unsafe-path',
    message: /^A folder stands where a file should be: .*out\/content\.$/,
    mend: (path) => rm(path, { recursive: true }),
  },
  {
    what: 'was replaced by a link',
    change: (path) => rm(path).then(() => symlink('elsewhere', path)),
    code: 'storage/unsafe-path',
    message: /^A symbolic link stands where a file should be: .*out\/content\.$/,
    mend: (path) => rm(path),
  },
  {
    what: 'went with its folder',
    change: (path) => rename(join(path, '..'), join(path, '..', '..', 'away')),
    code: 'storage/missing',
    message: /out is gone: put it back, or make it again/,
    mend: (path) => rename(join(path, '..', '..', 'away'), join(path, '..')),
  },
  {
    what: 'was deleted with its folder',
    change: (path) => rm(join(path, '..'), { recursive: true }),
    code: 'storage/missing',
    message: /out is gone: put it back, or make it again/,
    mend: (path) => mkdir(join(path, '..')),
  },
]

describe('a download whose file is changed meanwhile', () => {
  for (const { what, change, code, message, mend } of CHANGES) {
    it(`DK11 fails when it ${what}; started again as is said, it is whole`, async () => {
      await inTempFolder(async (folder) => {
        await withNodes(async (openNode) => {
          const seeder = await openNode()
          const created = await noise(folder, 'content', LENGTH)
          const seeding = next(seeder, 'seeding')
          seeder.add(created.metainfo, { mode: 'seed', out: folder })
          await seeding
          const out = join(folder, 'out')
          const state = join(folder, 'state')
          const node = await openNode({ state, downloadLimit: 200_000 })
          const torrent = node.add(created.magnet, { out, peers: [placeOf(seeder)] })
          await eventually('data', 10_000, async () => torrent.progress().verified > 0)
          await change(join(out, 'content'))
          await assert.rejects(within(20_000, 'the end', torrent.done), { kind: 'storage', code, message })
          await node.close()
          await mend?.(join(out, 'content'))
          const again = await openNode({ state })
          await within(20_000, 'it', again.add(created.magnet, { out, peers: [placeOf(seeder)] }).done)
          assert.ok((await readFile(join(out, 'content'))).equals(await readFile(join(folder, 'content'))))
        })
      })
    })
  }
})
