import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../sim/engine/rng.ts'
import { concatBytes, equalBytes } from '../../src/core/bytes.ts'
import { below } from '../../src/core/rng.ts'
import { readFully, writeFully } from '../../src/host/whole-transfer.ts'
import { content } from '../host/rig.ts'
import { CrashRig } from './crash-rig.ts'
import { ModelDisk } from './model-disk.ts'

const PASSING = ['EINTR', 'EAGAIN']

describe('a disk that does less than it is asked', () => {
  it('DK5: short reads and writes, EINTR and EAGAIN change nothing of what is written and read', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const rng = streamFor(seed, 0, 'short')
      const files = new ModelDisk().boot({
        moves: (length) => 1 + below(rng, length),
        fails: (name) => (name === 'open' || below(rng, 3) > 0 ? undefined : PASSING[below(rng, 2)]),
      })
      const file = await open(files)
      const views = [content(5_000, seed + 1), new Uint8Array(0), content(1, 2), content(3_000, 3)]
      await writeFully(file, views, 700)
      const read = new Uint8Array(9_000)
      assert.equal(await readFully(file, read, 700), 8_001)
      assert.ok(equalBytes(read.subarray(0, 8_001), concatBytes(views)))
    }
  })

  it('DK5: a whole download over it is right to the byte, its journal too', async () => {
    const rng = streamFor(5, 0, 'short')
    const rig = new CrashRig(1, {
      moves: (length) => 1 + below(rng, length),
      fails: (name) =>
        (name !== 'write' && name !== 'read') || below(rng, 5) > 0 ? undefined : PASSING[below(rng, 2)],
    })
    await rig.finish()
    assert.equal(rig.right.size, rig.pieceCount)
    assert.equal(rig.journal?.trusted.size, rig.pieceCount)
    assert.deepEqual(rig.leech.complaints, [])
  })

  it('DK5: what is refused for ever, and what writes nothing, is an error in the end', async () => {
    const files = new ModelDisk().boot({ fails: (name) => (name === 'write' ? 'EAGAIN' : undefined) })
    const file = await open(files)
    await assert.rejects(writeFully(file, [content(10)], 0), { code: 'EAGAIN' })
    const deaf = { ...file, writev: async () => ({ bytesWritten: 0 }) }
    await assert.rejects(writeFully(deaf, [content(10)], 0), { code: 'EAGAIN' })
  })
})

async function open(files: ReturnType<ModelDisk['boot']>): ReturnType<typeof files.open> {
  return await files.open('/a', 'w').catch(() => open(files))
}
