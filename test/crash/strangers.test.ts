import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../sim/engine/rng.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { HEADER_LENGTH, RECORD_LENGTH } from '../../src/session/journal.ts'
import { content } from '../host/rig.ts'
import { CrashRig } from './crash-rig.ts'

describe('what somebody else has left', () => {
  it('DK8: something else under the name of a file is refused and left as it is, unless it may be overwritten', async () => {
    const rig = new CrashRig(1)
    const path = rig.path(3)
    const theirs = content(40_000)
    rig.disk.put(path, theirs)
    await rig.until(() => rig.leech.of('error').length > 0)
    assert.equal(rig.leech.of('error')[0]!.code, 'storage/foreign-files')
    await rig.stop()
    assert.ok(equalBytes(rig.disk.contents.get(path)!, theirs))
    assert.equal(rig.journal, undefined)
    rig.ask({ overwrite: true })
    rig.boot()
    await rig.finish()
    assert.equal(rig.right.size, rig.pieceCount)
  })

  it('DK16: a journal of a newer version is refused and left as it is, unless all is to be checked', async () => {
    const rig = new CrashRig(1)
    await rig.finish()
    const path = rig.journalPath!
    rig.disk.edit(path, (bytes) => void (bytes[3]! += 1))
    const theirs = rig.disk.contents.get(path)!
    rig.boot()
    await rig.until(() => rig.leech.of('error').length > 0)
    assert.deepEqual(rig.leech.complaints, ['state/newer'])
    await rig.stop()
    assert.ok(equalBytes(rig.disk.contents.get(path)!, theirs))
    rig.ask({ recheck: true })
    rig.boot()
    await rig.finish()
    assert.deepEqual([rig.fetched, rig.journal?.trusted.size], [0, rig.pieceCount])
  })

  it('DK16: whatever becomes of the journal, a finished download stays finished', async () => {
    const rig = new CrashRig(1)
    await rig.finish()
    for (let seed = 0; seed < 30; seed++) {
      const rng = streamFor(seed, 0, 'journal')
      const path = rig.journalPath!
      rig.disk.put(path, damaged(rng, rig.disk.contents.get(path)!))
      rig.boot()
      await rig.finish()
      assert.deepEqual([rig.fetched, rig.journal?.trusted.size], [0, rig.pieceCount], `seed ${seed}`)
    }
  })
})

/** Cut off, to nothing at the most; zeroed from somewhere on; or with a wrong bit, though not in its version. */
function damaged(rng: Rng, journal: Uint8Array): Uint8Array {
  // A cut between two records cannot be told from a journal that never was longer.
  const at = HEADER_LENGTH + RECORD_LENGTH * below(rng, (journal.length - HEADER_LENGTH) / RECORD_LENGTH) + 5
  switch (below(rng, 4)) {
    case 0:
      return new Uint8Array(0)
    case 1:
      return journal.subarray(0, at)
    case 2:
      return journal.slice().fill(0, at)
    default: {
      const flipped = journal.slice()
      flipped[at]! ^= 1 << below(rng, 8)
      return flipped
    }
  }
}
