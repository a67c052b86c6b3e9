/** A download from ten peers of which nine lie: it gets through, each liar is named, and the honest one is not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type MetadataLie, metadataLiar } from '../../sim/adversaries/metadata-liar.ts'
import { poisoner } from '../../sim/adversaries/poisoner.ts'
import { SECOND } from '../../src/core/time.ts'
import type { SessionPolicies } from '../../src/session/policies.ts'
import { VirtualSwarm } from './virtual-swarm.ts'

const LENGTH = 16 << 20
const LINE = { up: 1 << 20, down: 8 << 20 }

/** Nine liars and an honest seed; who downloads from them by magnet link has ended. */
function meet(
  seed: number,
  pieceLength: number,
  liar: (nth: number, trueSize: number) => SessionPolicies,
): { readonly leech: ReturnType<VirtualSwarm['join']>; readonly liars: readonly string[] } {
  const swarm = new VirtualSwarm({ seed, length: LENGTH, pieceLength })
  const liars = Array.from({ length: 9 }, (_, nth) =>
    swarm.join({ mode: 'seed', rates: LINE, policies: liar(nth, swarm.info.length) }),
  )
  const all = [...liars, swarm.join({ mode: 'seed', rates: LINE })]
  swarm.until(() => all.every((member) => member.of('seeding').length > 0))
  const leech = swarm.join({ peers: all, rates: LINE })
  swarm.until(() => leech.done, 300 * SECOND)
  assert.ok(leech.whole)
  return { leech, liars: liars.map(({ host }) => host.host).sort() }
}

describe('nine liars of ten', () => {
  for (const seed of [1, 2, 3]) {
    it(`CL9, MD14, MD15: false metadata from all of them, then false blocks: each is named and banned (seed ${seed})`, () => {
      const lies: readonly MetadataLie[] = ['wrong-bytes', 'wrong-size', 'wrong-length']
      const { leech, liars } = meet(seed, 16_384, (nth, trueSize) => {
        const { swarm } = metadataLiar({ lie: lies[nth % 3]!, trueSize })
        return { swarm: { ...swarm, ...poisoner({ share: 1 }).swarm } }
      })
      assert.ok(leech.complaints.includes('peer/lied'), 'once for the metadata')
      assert.deepEqual([leech.named.sort(), leech.banned.sort()], [liars, liars])
    })

    it(`CL9, CL12, CL13: one block in four of theirs is false: each is banned (seed ${seed})`, () => {
      const { leech, liars } = meet(seed, 256 * 1024, () => poisoner({ share: 0.25 }))
      assert.deepEqual([leech.named.sort(), leech.banned.sort()], [liars, liars])
      // What they spoil together before the first of them is suspected, and a piece of its own of each: 18 to 24 in ten runs.
      assert.ok(leech.progress.wasted <= 27 * 256 * 1024, `${leech.progress.wasted} bytes in vain`)
    })
  }
})
