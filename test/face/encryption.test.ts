import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { replay } from '../../sim/recorded/replay.ts'
import type { EncryptionMode } from '../../src/index.ts'
import { LodestoneError, open } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { LOOPBACK, next, noise, placeOf, within, withNodes } from './loopback.ts'

const LENGTH = 3_000_000

describe('encryption on real sockets', () => {
  const pairs: [ours: EncryptionMode | undefined, theirs: EncryptionMode | undefined][] = [
    [undefined, undefined],
    ['require', undefined],
    [undefined, 'require'],
    [undefined, 'off'],
  ]
  for (const [ours, theirs] of pairs) {
    it(`${ours ?? 'what is so by itself'} fetches all from ${theirs ?? 'what is so by itself'}, and is replayed from a record without payload`, async () => {
      await inTempFolder(async (folder) => {
        const record = join(folder, 'record')
        const bytes = await withNodes(async (openNode) => {
          const seeder = await openNode({ dht: false, ...(theirs && { encryption: theirs }) })
          const created = await noise(folder, 'content', LENGTH)
          const seeding = next(seeder, 'seeding')
          seeder.add(created.metainfo, { mode: 'seed', out: folder })
          await seeding
          const node = await openNode({ dht: false, record, ...(ours && { encryption: ours }) })
          const torrent = node.add(created.magnet, { out: join(folder, 'out'), peers: [placeOf(seeder)] })
          const { path } = await within(20_000, 'the download', torrent.done)
          return await readFile(path)
        })
        assert.deepEqual(bytes, await readFile(join(folder, 'content')))
        const recorded = await readFile(record)
        assert.ok(recorded.length < LENGTH / 4, `a record of ${recorded.length} bytes`)
        const { difference, equal, events } = replay(recorded)
        assert.equal(difference, undefined)
        assert.equal(equal, events)
        assert.ok(events > 5)
      })
    })
  }

  it('is refused when it is none of the three', async () => {
    const encryption = 'always' as EncryptionMode
    await assert.rejects(open({ ...LOOPBACK, encryption }), (error) => {
      assert.ok(error instanceof LodestoneError)
      assert.deepEqual([error.kind, error.code], ['usage', 'options/encryption'])
      return true
    })
  })
})
