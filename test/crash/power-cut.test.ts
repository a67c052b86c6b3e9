import { it } from 'node:test'
import { streamFor } from '../../sim/engine/rng.ts'
import { type Death, survives, undisturbed } from './survival.ts'

/** What was not synced is there, or not, or torn. */
function powerCut(seed: number): Death {
  return {
    crash: (rig, life) => rig.disk.cut(streamFor(seed, life, 'power cut')),
    kept: (rig) => rig.behindBarrier,
  }
}

it('DK15: when the power fails at any change of the disk, all that a barrier covered is there, and nothing else is believed', async (t) => {
  const { boundaries, names } = await undisturbed()
  t.diagnostic(`${boundaries} boundaries`)
  for (let first = 0; first < boundaries; first++) {
    for (let seed = 0; seed < 2; seed++)
      await survives(powerCut(2 * first + seed), first, (7 * first) % 40, names)
  }
})
