import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../sim/engine/rng.ts'
import { CrashRig } from './crash-rig.ts'
import type { Faults } from './model-disk.ts'

/** Of somebody else, beside the torrent's files. */
const STRANGERS = ['/torrents/payload/deep/er/notes', '/torrents/other']

/** A torrent that was downloaded, and what its next life's removal does, which dies at change `at` of the disk. */
class Removal implements Faults {
  readonly rig = new CrashRig(1)
  changes = 0
  #at = -1
  #counts = false

  dies(name: string): boolean {
    return this.#counts && name !== 'open' && name !== 'read' && this.changes++ === this.#at
  }

  async run(at: number): Promise<void> {
    const { rig } = this
    await rig.finish()
    for (const path of STRANGERS) rig.disk.put(path, Uint8Array.of(1, 2, 3))
    rig.boot(this)
    await rig.until(() => rig.leech.done)
    this.#at = at
    this.#counts = true
    await this.remove()
  }

  async remove(): Promise<void> {
    const { rig } = this
    rig.leech.host.command({ kind: 'remove', torrent: 1, files: true })
    await rig.until(() => rig.leech.of('removed').length > 0)
  }

  /** What is there of the torrent and of strangers. */
  get names(): readonly string[] {
    return this.rig.names.filter((name) => name.startsWith('/torrents/') || /\.journal(\.\d+)?$/.test(name))
  }

  assertStrangers(what: string): void {
    for (const path of STRANGERS)
      assert.deepEqual(this.rig.disk.contents.get(path), Uint8Array.of(1, 2, 3), what)
  }
}

const GONE = [...STRANGERS].sort()

describe('a removal with its files that is cut off', () => {
  it('DK27: killed at any change of the disk, harms nothing else, and what is left is removed or downloaded again', async (t) => {
    const whole = new Removal()
    await whole.run(-1)
    assert.deepEqual([whole.names, whole.rig.leech.complaints], [GONE, []])
    t.diagnostic(`${whole.changes} changes`)
    for (let at = 0; at < whole.changes; at++) {
      const removal = new Removal()
      const { rig } = removal
      await removal.run(at)
      assert.ok(!rig.alive)
      rig.kill()
      removal.assertStrangers(`change ${at}`)
      if (rig.names.some((name) => /^\/torrents\/payload\/(a|d|deep\/b|deep\/er\/c)$/.test(name)))
        assert.ok(rig.journal !== undefined, `change ${at}: what is left is known`)
      rig.boot()
      if (at % 2 === 0) {
        await rig.finish()
        assert.equal(rig.right.size, rig.pieceCount)
      } else {
        await removal.remove()
        assert.deepEqual(removal.names, GONE, `change ${at}`)
      }
      removal.assertStrangers(`change ${at}`)
    }
  })

  it('DK27: cut off by a power cut at any change, is gone on with as well; once it is told to be gone, nothing comes back', async () => {
    for (let at = 0, over = false; !over; at++) {
      const removal = new Removal()
      const { rig } = removal
      await removal.run(at)
      over = rig.alive
      rig.kill()
      rig.disk.cut(streamFor(27, at, 'power cut'))
      const left = removal.names.filter((name) => !STRANGERS.includes(name))
      if (over) assert.deepEqual(left, [])
      else if (left.some((name) => !/journal/.test(name) && rig.disk.contents.get(name)!.length > 0))
        assert.ok(rig.journal !== undefined, `change ${at}: what is left is known`)
      rig.boot()
      await rig.finish()
      assert.deepEqual([rig.right.size, rig.leech.of('error')], [rig.pieceCount, []], `change ${at}`)
    }
  })

  it('DK27: a file that cannot be removed is told, and stays known as its own', async () => {
    const removal = new Removal()
    const { rig } = removal
    await rig.finish()
    rig.boot({
      fails: (name, path) => (name === 'unlink' && path.endsWith('/deep/b') ? 'EACCES' : undefined),
    })
    await removal.remove()
    const [warning, ...more] = rig.leech.of('warning')
    assert.deepEqual([warning!.code, more], ['storage/left', []])
    assert.equal(
      warning!.message,
      'Not all was removed with the torrent: Permission is denied for /torrents/payload/deep/b.',
    )
    assert.deepEqual(removal.names, ['/home/state/resume/*.journal', '/torrents/payload/deep/b'])
  })
})
