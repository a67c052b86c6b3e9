import { it } from 'node:test'
import { type Death, survives, undisturbed } from './survival.ts'

/** What was written stays as it is. */
const KILL: Death = {
  crash: () => {},
  kept: (rig) => [...rig.right].reduce((sum, piece) => sum + rig.lengthOf(piece), 0),
}

it('DK14: killed at any change of the disk, a download goes on from what is there, and lies to nobody', async (t) => {
  const { boundaries, names } = await undisturbed()
  t.diagnostic(`${boundaries} boundaries`)
  for (let first = 0; first < boundaries; first++) await survives(KILL, first, (7 * first) % 40, names)
})
