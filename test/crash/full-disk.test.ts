import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { CrashRig } from './crash-rig.ts'

/** A content's disk that is full from write number `from` on, until there is room again. */
class Quota {
  room = false
  writes = 0
  readonly #from: number

  constructor(from: number) {
    this.#from = from
  }

  fails(name: string, path: string): string | undefined {
    if (name !== 'write' || !path.startsWith('/torrents/')) return undefined
    return this.writes++ < this.#from || this.room ? undefined : 'ENOSPC'
  }
}

it('DK1: a disk that is full from any write on is told once, costs nothing that was verified, and is gone on with', async () => {
  const undisturbed = new Quota(Number.POSITIVE_INFINITY)
  await new CrashRig(1, undisturbed).finish()
  assert.ok(undisturbed.writes > 12)
  // Before the first piece it is an error; `full-disk` of the host's tests has that.
  for (let from = 2; from < undisturbed.writes; from++) {
    const quota = new Quota(from)
    const rig = new CrashRig(1, quota)
    rig.watch()
    await rig.until(() => rig.leech.of('warning').length > 0)
    const { verified } = rig.leech.progress
    const until = rig.swarm.world.now + 30 * SECOND
    rig.swarm.world.at(until, () => {})
    await rig.until(() => rig.swarm.world.now >= until)
    assert.equal(rig.leech.progress.phase, 'paused', `write ${from}`)
    assert.match(rig.leech.progress.why, /^The disk is full: free some space for \/torrents\/payload\/\S+\.$/)
    assert.ok(rig.leech.progress.verified >= verified)
    for (const piece of rig.announced) assert.ok(rig.right.has(piece))
    quota.room = true
    await rig.finish()
    assert.deepEqual(
      [rig.right.size, rig.leech.complaints, rig.leech.banned],
      [rig.pieceCount, ['storage/full'], []],
    )
    // What it had asked for when the disk filled up is kept in memory.
    assert.equal(rig.fetched, rig.info.length, `write ${from}`)
  }
})
