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

/** Milliseconds by which delays may be late, in the 95th percentile: beyond, a run measures how busy its machine was. */
const PUNCTUAL = 20

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
  explanations: [
    {
      text: 'The machine was too busy to keep the delays, so that the run measured the machine; its figures are told and do not count. Run this row again (--row gap-to-reality) when nothing else runs.',
      about: ['ms by which delays were late'],
      upTo: Number.POSITIVE_INFINITY,
    },
  ],
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
      const late = quantile(real.lateness, 0.95)
      const figures = [
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
      ]
      return [
        ...(late > PUNCTUAL ? figures.map(({ name, measured }) => told(name, measured)) : figures),
        atMost('real downloads that did not complete', real.unfinished, 0),
        atMost('ms by which delays were late, 95th percentile', late, PUNCTUAL),
      ]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}
