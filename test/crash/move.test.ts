import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamFor } from '../../sim/engine/rng.ts'
import { decodeForwardNote } from '../../src/host/forward-note.ts'
import { journalPath } from '../../src/host/journal-path.ts'
import { CrashRig, LENGTH } from './crash-rig.ts'
import type { Faults } from './model-disk.ts'

const OLD = '/torrents'
const NEW = '/elsewhere/deep'
/** Of somebody else, in the old folder and in the new one. */
const STRANGERS = ['/torrents/payload/deep/er/notes', '/elsewhere/deep/payload/other']

/** What takes room on a disk. */
const GROWS = ['mkdir', 'create', 'link', 'write', 'sync']

/** A torrent that is being downloaded, its file `d` not wanted, and is moved half way: what dies at change `at` of the move. */
class Moving implements Faults {
  readonly rig = new CrashRig(1)
  /** Changes of the disk during the move. */
  changes = 0
  readonly #isOtherVolume: boolean
  #at = -1
  #counts = false
  /** Changes there until the disk is full. */
  #room = Number.POSITIVE_INFINITY

  constructor(isOtherVolume: boolean) {
    this.#isOtherVolume = isOtherVolume
    this.rig.ask({ select: [{ first: 0, last: 3 }] })
  }

  dies(name: string): boolean {
    return this.#counts && name !== 'open' && name !== 'read' && this.changes++ === this.#at
  }

  fails(name: string, path: string): string | undefined {
    if (!path.startsWith('/elsewhere')) return undefined
    if (name === 'link' && this.#isOtherVolume) return 'EXDEV'
    return GROWS.includes(name) && this.#room-- <= 0 ? 'ENOSPC' : undefined
  }

  /** `strangers`: what is there beside it. */
  async run(at: number, strangers = STRANGERS, room = Number.POSITIVE_INFINITY): Promise<void> {
    const { rig } = this
    for (const path of strangers) rig.disk.put(path, Uint8Array.of(1, 2, 3))
    rig.kill()
    rig.boot(this)
    await rig.until(() => rig.leech.verified > LENGTH / 2)
    this.#at = at
    this.#room = room
    this.#counts = true
    await this.move()
    this.#counts = false
  }

  async move(): Promise<void> {
    const { rig } = this
    rig.leech.host.command({ kind: 'relocate', torrent: 1, out: NEW })
    await rig.until(() => rig.leech.of('move-ended').length > 0)
  }

  bytesOf(pieces: Iterable<number>): number {
    return [...pieces].reduce((sum, piece) => sum + this.rig.lengthOf(piece), 0)
  }

  /** Bytes of pieces that are right in one of both folders, whichever has more. */
  get right(): number {
    return Math.max(...[OLD, NEW].map((folder) => this.bytesOf(this.rig.rightIn(folder))))
  }

  /** Folders that the state folder knows, each with whether it is there that the torrent is. */
  async places(): Promise<ReadonlyMap<string, boolean>> {
    const { disk, info } = this.rig
    const places = new Map<string, boolean>()
    for (const folder of [OLD, NEW]) {
      const path = await journalPath('/home/state', info.infoHash, folder, disk.boot())
      const bytes = disk.contents.get(path)
      if (bytes !== undefined) places.set(folder, decodeForwardNote(bytes) === undefined)
    }
    return places
  }

  /** The next life is given a folder that is known, goes on to the end, is moved once more, and leaves nothing behind. */
  async recovers(kept: number, prefersNew: boolean, what: string): Promise<void> {
    const { rig } = this
    const places = await this.places()
    // Between the journal in the new folder and the note in the old one each is known, and nobody has been told of the new one.
    const isTwice = places.get(OLD) === true && places.get(NEW) === true
    const isNew = !places.has(OLD) || (prefersNew && places.has(NEW) && !isTwice)
    rig.ask({ out: isNew ? NEW : OLD })
    rig.boot({ fails: (name, path) => this.fails(name, path) })
    await rig.until(() => rig.leech.done)
    const { received } = rig.leech.progress
    assert.ok(received <= LENGTH - kept, `${what}: ${received} bytes again, ${kept} were there`)
    if (isTwice) {
      await rig.stop()
      assert.equal(rig.journal!.trusted.size, rig.pieceCount - 1, what)
      return
    }
    await this.move()
    await rig.stop()
    if (isNew && places.get(OLD) === false) {
      // What is left in the old folder goes once somebody comes by there.
      rig.ask({ out: OLD })
      rig.boot()
      await rig.finish()
    }
    this.assertMoved(what)
  }

  assertStrangers(what: string): void {
    for (const path of STRANGERS)
      assert.deepEqual(this.rig.disk.contents.get(path), Uint8Array.of(1, 2, 3), what)
  }

  assertMoved(what: string): void {
    const { rig } = this
    assert.deepEqual(rig.leech.complaints, [], what)
    const others = /\/(?:metadata|peers)\/|\.lock(?:\.|$)/
    assert.deepEqual(
      rig.names.filter((name) => !STRANGERS.includes(name) && !others.test(name)),
      [
        '/elsewhere/deep/.*.parts/4',
        ...['a', 'deep/b', 'deep/empty', 'deep/er/c'].map((name) => `${NEW}/payload/${name}`),
        '/home/state/resume/*.journal',
      ],
      what,
    )
    assert.equal(rig.journal?.trusted.size, rig.pieceCount - 1, what)
  }
}

for (const isOtherVolume of [false, true]) {
  const volumes = isOtherVolume ? 'to another volume' : 'within a volume'
  describe(`a download that is moved ${volumes}`, () => {
    it('DK22: goes on in the new folder, where it is known in the next run, and leaves nothing in the old one', async (t) => {
      const moving = new Moving(isOtherVolume)
      const { rig } = moving
      await moving.run(-1)
      t.diagnostic(`${moving.changes} changes`)
      assert.equal(rig.leech.of('moved')[0]!.out, NEW)
      await rig.finish()
      moving.assertMoved('undisturbed')
      rig.ask({ out: NEW })
      rig.boot()
      await rig.until(() => rig.leech.done)
      assert.equal(rig.leech.progress.received, 0)
    })

    it('DK22: killed at any change of the disk, nothing is lost, and either folder leads to the one that has it all', async () => {
      for (let at = 0, over = false; !over; at++) {
        for (const prefersNew of [false, true]) {
          const moving = new Moving(isOtherVolume)
          await moving.run(at)
          over = moving.rig.alive
          moving.rig.kill()
          await moving.recovers(moving.right, prefersNew, `change ${at}`)
          moving.assertStrangers(`change ${at}`)
        }
      }
    })

    it('DK22: cut off by a power cut at any change, what a barrier had covered is still there', async () => {
      for (let at = 0, over = false; !over; at++) {
        const moving = new Moving(isOtherVolume)
        const { rig } = moving
        await moving.run(at, [])
        over = rig.alive
        rig.kill()
        rig.disk.cut(streamFor(22, at, 'power cut'))
        await moving.recovers(moving.bytesOf(rig.journal!.trusted), at % 2 === 0, `change ${at}`)
      }
    })

    it('DK22: a disk that refuses any change there has all of it taken back, and the download goes on where it was', async () => {
      for (let nth = 0, over = false; !over; nth++) {
        const moving = new Moving(isOtherVolume)
        const { rig } = moving
        await moving.run(-1, [], nth)
        const [end] = rig.leech.of('move-ended')
        over = end!.failure === undefined
        if (over) continue
        assert.equal(end!.failure!.code.split('/')[1], 'full')
        assert.ok(!rig.names.some((name) => name.startsWith('/elsewhere')), `${nth}: ${rig.names}`)
        await rig.finish()
        assert.equal(rig.journal!.trusted.size, rig.pieceCount - 1)
        assert.equal(rig.names.filter((name) => name.includes('.journal')).length, 1)
      }
    })
  })
}
