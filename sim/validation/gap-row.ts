import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantile } from '../experiment/findings.ts'
import { resolveValues } from '../experiment/parameters.ts'
import { loopback } from '../scenarios/loopback.ts'
import { distanceBetween, farthestFromOthers } from './kolmogorov.ts'
import { played } from './played.ts'
import { playForReal } from './real-run.ts'
import { atMost, type Figure, near, type Row, told } from './row.ts'

const SEED = 1
/**
 * Runs in virtual time, whose samples are put together: what they draw differs, where nodes lie does not. The farthest of
 * nineteen lies where one of twenty would by chance.
 */
const VIRTUAL_RUNS = 19

/** KS distance. */
const FARTHEST = 0.2

/** Milliseconds by which delays may be late, in the 95th percentile: beyond, a run measures how busy its machine was. */
const PUNCTUAL = 20

/** One real run against virtual ones: quantiles, and how far the distributions lie apart. */
function compared(
  name: string,
  real: readonly number[],
  runs: readonly (readonly number[])[],
): readonly Figure[] {
  const virtual = runs.flat()
  const farthest = farthestFromOthers(runs)
  const [here, there] = [real, virtual].map((values) => values.toSorted((a, b) => a - b)) as [
    number[],
    number[],
  ]
  const quantiles = [0.1, 0.5, 0.9].flatMap((share) => [
    told(`${name} at ${100 * share} %, virtual`, quantile(there, share)),
    told(`${name} at ${100 * share} %, real`, quantile(here, share)),
  ])
  return [
    ...quantiles,
    near(`median ${name}, virtual over real`, quantile(there, 0.5) / quantile(here, 0.5), 1, 0.2),
    // A swarm's downloads end together: whole runs lie farther apart than so many independent values would.
    told(`KS distance of ${name}, of the farthest virtual run from the others`, farthest),
    atMost(`KS distance of ${name}`, distanceBetween(real, virtual), Math.max(FARTHEST, farthest)),
  ]
}

/** The gap to reality. */
export const gapRow: Row = {
  name: 'gap-to-reality',
  claim: 'one scenario in virtual time and on real sockets with the same delays gives the same distributions',
  source:
    'own bound: medians within 20 %, KS distance at most 0.2, or that of the farthest of 19 virtual runs from the others',
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
          virtual.map(({ lookupMs = [] }) => lookupMs),
        ),
        ...compared(
          'seconds of a download',
          real.downloadSeconds,
          virtual.map(({ downloadSeconds = [] }) => downloadSeconds),
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
