import assert from 'node:assert/strict'
import { readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, next, noise, placeOf, within, withNodes } from './loopback.ts'

const LENGTH = 400_000

const CHANGES: readonly (readonly [string, (path: string) => Promise<void>])[] = [
  ['deleted', (path) => rm(path)],
  ['cut to nothing', (path) => truncate(path, 0)],
]

describe('a download whose file is changed meanwhile', () => {
  for (const [what, change] of CHANGES) {
    it(`DK11 fails when it was ${what}; started again, it is whole`, async () => {
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
          await assert.rejects(within(20_000, 'the end', torrent.done), {
            kind: 'storage',
            code: 'storage/missing',
            message: /out\/content was .*start again/,
          })
          await node.close()
          const again = await openNode({ state })
          await within(20_000, 'it', again.add(created.magnet, { out, peers: [placeOf(seeder)] }).done)
          assert.ok((await readFile(join(out, 'content'))).equals(await readFile(join(folder, 'content'))))
        })
      })
    })
  }
})
