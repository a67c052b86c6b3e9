import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CONTENT_NAME, CONTENT_PIECE_LENGTH } from '../support/content.ts'
import { skipForeign } from '../support/foreign-programs.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { SharedContent } from '../support/shared-content.ts'
import { transmissionCreate, transmissionInfoHash } from '../support/transmission.ts'

describe('torrent files', { skip: skipForeign }, () => {
  it('made by us have for Transmission the info-hash that we say', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '1M')
      assert.equal(transmissionInfoHash(content.torrent), content.infoHash)
    })
  })

  it('made by Transmission have for us the info-hash and the files that it says', async () => {
    await Laboratory.run(async (lab) => {
      const content = await SharedContent.prepare(lab, '256k')
      const theirs = join(lab.folder, 'theirs.torrent')
      const infoHash = transmissionCreate(content.path, theirs, CONTENT_PIECE_LENGTH)
      const ours = LodestoneProgram.start(lab, 'info', ['info', theirs])
      await ours.program.success(15_000)
      const metadata = await ours.event('metadata', 0)
      assert.equal(metadata['infoHash'], infoHash)
      assert.equal(metadata['name'], CONTENT_NAME)
      // It leaves out the empty one.
      assert.equal(metadata['files'], 4)
    })
  })
})
