import { below, type Rng } from '../../src/core/rng.ts'
import type { Disk } from './disk.ts'

/**
 * What may befall the small files of a state folder: `torn`: cut off at any byte; `corrupt`: a wrong byte in each; `blank`:
 * zeros all over, as file systems leave behind that had not written the data; `gone`: deleted.
 */
export type StateDamage = 'torn' | 'corrupt' | 'blank' | 'gone'

/** Damages every state file on `disk`, while no machine runs that would write it anew. */
export function damageState(disk: Disk, damage: StateDamage, rng: Rng): void {
  for (const [name, bytes] of [...disk.state]) {
    if (damage === 'gone') disk.state.delete(name)
    else if (damage === 'blank') disk.state.set(name, new Uint8Array(bytes.length))
    else if (damage === 'torn') disk.state.set(name, bytes.slice(0, below(rng, Math.max(1, bytes.length))))
    else {
      const wrong = bytes.slice()
      if (wrong.length > 0) wrong[below(rng, wrong.length)]! ^= 0xff
      disk.state.set(name, wrong)
    }
  }
}
