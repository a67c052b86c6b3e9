import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantile } from '../experiment/findings.ts'
import { resolveValues } from '../experiment/parameters.ts'
import { loopback } from '../scenarios/loopback.ts'
import { chanceDistance, distanceBetween } from './kolmogorov.ts'
import { played } from './played.ts'
import { playForReal } from './real-run.ts'
import { atMost, type Figure, near, type Row, told } from './row.ts'

const SEED = 1
/** Runs in virtual time, whose samples are put together: what they draw differs, where nodes lie does not. */
const VIRTUAL_RUNS = 10

/** KS distance. */
const FARTHEST = 0.2

/** Two distributions of the same thing: quantiles, real over virtual, and how far they lie apart. */
function compared(name: string, real: readonly number[], virtual: readonly number[]): readonly Figure[] {
  const [here, there] = [real, virtual].map((values) => values.toSorted((a, b) => a - b)) as [
    number[],
    number[],
  ]
  const quantiles = [0.1, 0.5, 0.9].flatMap((share): Figure[] => {
    const [measured, simulated] = [quantile(here, share), quantile(there, share)]
    const text = `${name} at ${100 * share} %`
    const told2 = [told(`${text}, virtual`, simulated), told(`${text}, real`, measured)]
    return share === 0.5
      ? [...told2, near(`${text}, virtual over real`, simulated / measured, 1, 0.2)]
      : told2
  })
  return [
    ...quantiles,
    // Few samples lie far apart even when they are of the same distribution.
    atMost(
      `KS distance of ${name}`,
      distanceBetween(real, virtual),
      Math.max(FARTHEST, chanceDistance(real.length, virtual.length)),
    ),
  ]
}

/** The gap to reality. */
export const gapRow: Row = {
  name: 'gap-to-reality',
  claim: 'one scenario in virtual time and on real sockets with the same delays gives the same distributions',
  source:
    'own bound: medians within 20 %, KS distance at most 0.2, or what chance alone reaches in 5 % of cases',
  isQuick: false,
  measure: async (_effort, say) => {
    const values = resolveValues(loopback, new Map())
    const virtual = Array.from({ length: VIRTUAL_RUNS }, (_, i) => {
      say(`in virtual time, seed ${i + 1}`)
      return played(loopback, i + 1).samples
    })
    const folder = await mkdtemp(join(tmpdir(), 'lodestone-real-'))
    try {
      say('on real sockets, for up to a minute')
      const real = await playForReal(loopback, SEED, values, folder)
      return [
        ...compared(
          'ms of a look-up',
          real.lookupMs,
          virtual.flatMap(({ lookupMs = [] }) => lookupMs),
        ),
        ...compared(
          'seconds of a download',
          real.downloadSeconds,
          virtual.flatMap(({ downloadSeconds = [] }) => downloadSeconds),
        ),
        atMost('real downloads that did not complete', real.unfinished, 0),
        told('ms by which delays were late, 95th percentile', quantile(real.lateness, 0.95)),
      ]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}
