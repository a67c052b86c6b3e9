/** What every death of a download is held to, by kill -9 or by a power cut: the four assertions of DK14 and DK15. */
import assert from 'node:assert/strict'
import { CrashRig, LENGTH } from './crash-rig.ts'
import type { Faults } from './model-disk.ts'

/** Dies at the change of the disk that has this number; `count` tells how many there were. */
class Boundary implements Faults {
  count = 0
  readonly #at: number

  constructor(at: number) {
    this.#at = at
  }

  dies(name: string): boolean {
    return name !== 'open' && name !== 'read' && this.count++ === this.#at
  }
}

export interface Death {
  /** What a life's end does to the disk. */
  crash(rig: CrashRig, life: number): void
  /** Bytes that the next life must not fetch again; asked before the crash. */
  kept(rig: CrashRig): number
}

/** A download that nothing disturbs: how often it changes the disk, and the names of all that is there in the end. */
export async function undisturbed(): Promise<{
  readonly boundaries: number
  readonly names: readonly string[]
}> {
  const boundary = new Boundary(-1)
  const rig = new CrashRig(1, boundary)
  await rig.finish()
  assert.equal(rig.right.size, rig.pieceCount)
  return { boundaries: boundary.count, names: rig.names }
}

/** A download that dies at change `first` of the disk, at change `second` of its next life, and then is let be. */
export async function survives(
  { crash, kept }: Death,
  first: number,
  second: number,
  names: readonly string[],
): Promise<void> {
  const rig = new CrashRig(1, new Boundary(first))
  let keep = 0
  const lives = [undefined, new Boundary(second), undefined]
  for (const [life, faults] of lives.entries()) {
    const what = `boundary ${first}, ${second}; life ${life}`
    if (life > 0) rig.boot(faults)
    rig.watch()
    await rig.finish()
    const { right } = rig
    for (const piece of rig.announced) assert.ok(right.has(piece), `${what}: ${piece} was announced`)
    assertRecorded(rig, what)
    if (life === lives.length - 1) break
    keep = kept(rig)
    crash(rig, life)
    assertRecorded(rig, `${what}, after the crash`)
  }
  assert.equal(rig.right.size, rig.pieceCount)
  const { fetched } = rig
  assert.ok(
    fetched <= LENGTH - keep,
    `boundary ${first}, ${second}: ${fetched} bytes again, ${keep} were kept`,
  )
  assert.deepEqual(rig.names, names)
}

/** What the journal trusts is right, on the disk as it is now. */
function assertRecorded(rig: CrashRig, what: string): void {
  const { right } = rig
  for (const piece of rig.journal?.trusted ?? []) assert.ok(right.has(piece), `${what}: ${piece} is recorded`)
}
