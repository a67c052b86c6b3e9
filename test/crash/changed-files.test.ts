import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECOND } from '../../src/core/time.ts'
import { CrashRig } from './crash-rig.ts'

/** In the order of the torrent: the one with six pieces and a half, in the middle of which a byte is changed. */
const FILE = 3
const PIECE = 8

/** A download that is whole, its process ended by `end`. */
async function finished(end: (rig: CrashRig) => Promise<void> = (rig) => rig.stop()): Promise<CrashRig> {
  const rig = new CrashRig(1)
  await rig.until(() => rig.leech.done)
  await end(rig)
  return rig
}

/** Changes a byte of one piece. */
function flip(rig: CrashRig, isSeen = true): void {
  const { offset } = rig.info.files[FILE]!
  rig.disk.edit(
    rig.path(FILE),
    (bytes) => void (bytes[rig.info.pieceLength * PIECE + 9 - offset]! ^= 1),
    isSeen,
  )
  assert.ok(!rig.right.has(PIECE))
}

/** Starts again, and ends again once it is whole; which pieces were read meanwhile, by the files' bytes. */
async function again(rig: CrashRig): Promise<{ readonly read: Map<string, number> }> {
  const read = new Map<string, number>()
  rig.boot({
    fails: (name, path) => {
      if (name === 'read' && path.startsWith('/torrents/')) read.set(path, (read.get(path) ?? 0) + 1)
      return undefined
    },
  })
  await rig.finish()
  assert.equal(rig.right.size, rig.pieceCount)
  return { read }
}

const DEATHS: readonly [how: string, end: ((rig: CrashRig) => Promise<void>) | undefined][] = [
  ['after a clean end', undefined],
  [
    'after kill -9, once the last barrier was there',
    async (rig) => {
      const end = rig.swarm.world.now + 10 * SECOND
      rig.swarm.world.at(end, () => {})
      await rig.until(() => rig.swarm.world.now >= end)
      rig.kill()
    },
  ],
]

describe('files that somebody has changed since', () => {
  for (const [how, end] of DEATHS) {
    it(`DK13: one that was written to is checked, no other, and only the wrong piece is fetched (${how})`, async () => {
      const rig = await finished(end)
      flip(rig)
      const { read } = await again(rig)
      assert.equal(rig.fetched, rig.lengthOf(PIECE))
      assert.deepEqual(rig.leech.complaints, ['storage/lost'])
      // Its eight pieces, of which the first and the last have a share of the neighbours; three are the sample.
      assert.ok(read.get(rig.path(FILE))! >= 7)
      const others = [...read].filter(([path]) => path !== rig.path(FILE))
      assert.ok(others.reduce((sum, [, count]) => sum + count, 0) <= 2 + 3, JSON.stringify(others))
    })
  }

  it('DK13: so is one that was written to after it was whole, while it was served', async () => {
    const rig = await finished(async (served) => {
      const end = served.swarm.world.now + 10 * SECOND
      served.swarm.world.at(end, () => {})
      await served.until(() => served.swarm.world.now >= end)
      flip(served)
      await served.stop()
    })
    await again(rig)
    assert.deepEqual([rig.fetched, rig.leech.complaints], [rig.lengthOf(PIECE), ['storage/lost']])
  })

  it('DK13: what is changed while the rest is written looks like its own, and is found when all is checked', async () => {
    const rig = new CrashRig(1)
    await rig.until(() => rig.right.has(PIECE))
    assert.ok(!rig.leech.done)
    flip(rig)
    await rig.finish()
    assert.ok(!rig.right.has(PIECE))
    rig.ask({ recheck: true })
    await again(rig)
    assert.equal(rig.fetched, rig.lengthOf(PIECE))
  })

  it('DK13: another file in its place is checked, though its length and its time are the same', async () => {
    const rig = await finished()
    flip(rig, false)
    rig.disk.exchange(rig.path(FILE))
    await again(rig)
    assert.equal(rig.fetched, rig.lengthOf(PIECE))
  })

  it('DK13: nothing is read but the sample when nothing has changed', async () => {
    const rig = await finished()
    for (let start = 0; start < 3; start++) {
      const { read } = await again(rig)
      assert.ok([...read.values()].reduce((sum, count) => sum + count, 0) <= 6)
      assert.deepEqual([rig.fetched, rig.leech.complaints], [0, []])
    }
  })

  it('DK13 DK17: what changes without a trace is found when all is checked', async () => {
    const rig = await finished()
    flip(rig, false)
    rig.ask({ recheck: true })
    await again(rig)
    assert.deepEqual([rig.fetched, rig.leech.complaints], [rig.lengthOf(PIECE), []])
  })

  it('DK13: after kill -9 within a download what it wrote itself is not taken for changed', async () => {
    const rig = new CrashRig(1)
    await rig.until(() => (rig.journal?.trusted.size ?? 0) > 3)
    rig.kill()
    const doubtful = rig.journal!.doubtful.size
    const { read } = await again(rig)
    // A piece may lie in two files.
    assert.ok([...read.values()].reduce((sum, count) => sum + count, 0) <= 2 * (doubtful + 3))
  })
})
