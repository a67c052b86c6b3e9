/** Measures look-ups for peers among nodes of which a fifth is dead, over lines that lose datagrams, beside an oracle and a naive policy. */
import { fileURLToPath } from 'node:url'
import type { NetworkNature } from '../../sim/validation/procedural-network.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { runJob } from './job.ts'

const JOB = fileURLToPath(new URL('sim-walks-job.ts', import.meta.url))
const SEED = 1
/** Tables as they come to be after an hour of a look-up a minute (measured: a mean round trip of 99 ms; so many candidates give 94). */
const SETTLED: NetworkNature = { deadShare: 0.2, met: 2 }
/** Tables of nodes that take no notice of round trips. */
const ANY: NetworkNature = { deadShare: 0.2 }

interface Walks {
  /** p50, p90 and p99, in milliseconds. */
  readonly first: readonly [number, number, number]
  readonly end: readonly [number, number, number]
  readonly queries: number
  readonly found: number
  readonly recall: number
}

interface Variant {
  readonly name: string
  readonly options?: Partial<DhtOptions>
  readonly nature?: NetworkNature
  readonly isOracle?: boolean
}

const NAIVE: Partial<DhtOptions> = {
  lookupParallelism: 3,
  lookupParallelismMost: 3,
  softTimeout: 2,
  softTimeoutLeast: 2,
  softTimeoutMost: 2,
  hardTimeout: 2,
  lookupAttempts: 1,
  lookupAttemptsMost: 1,
  lookupCredit: 1_000,
}

const SIDES: readonly Variant[] = [
  { name: 'ours' },
  { name: 'an oracle', isOracle: true },
  { name: 'naive: three at once, 2 s, any contacts', options: NAIVE, nature: ANY },
]

const WITHOUT: readonly Variant[] = [
  { name: 'tables by round trip', nature: ANY },
  { name: 'an oracle on such tables', nature: ANY, isOracle: true },
  { name: 'soft timeouts that follow', options: { softTimeoutLeast: 2, softTimeoutMost: 2, softTimeout: 2 } },
  { name: 'parallelism by loss', options: { lookupParallelismMost: 4 } },
  { name: 'a second query to the silent', options: { lookupAttempts: 1, lookupAttemptsMost: 1 } },
  { name: 'a third where many are silent', options: { lookupAttemptsMost: 2 } },
  { name: 'credit of who names dead nodes', options: { lookupCredit: 1_000 } },
  { name: 'wide first buckets', options: { wideBuckets: [] } },
]

const LIARS: readonly Variant[] = [
  { name: 'with credit', nature: { ...SETTLED, liarShare: 0.1 } },
  { name: 'without', nature: { ...SETTLED, liarShare: 0.1 }, options: { lookupCredit: 1_000 } },
]

/** Side by side, then each technique left out in turn, then by parallelism. */
export async function benchWalks(size: number, count: number, say: (line: string) => void): Promise<void> {
  const measure = ({ options = {}, nature = SETTLED, isOracle = false }: Variant): Promise<Walks> => {
    return runJob(JOB, [JSON.stringify({ seed: SEED, size, count, options, nature, isOracle })])
  }
  const table = async (title: string, variants: readonly Variant[]): Promise<void> => {
    say(`${title}: ms to the first peer p50 p90 p99 | to the end | queries | found | nearest found`)
    for (const variant of variants) say(`  ${variant.name}: ${textOf(await measure(variant))}`)
  }
  await table(`${count} look-ups among ${size} nodes`, SIDES)
  await table('without', WITHOUT)
  await table('a tenth of the nodes name dead ones that are nearer', LIARS)
  const parallel = (most: number): Variant => {
    return { name: `${most} at once`, options: { lookupParallelism: most, lookupParallelismMost: most } }
  }
  await table('by parallelism', [3, 4, 5, 6, 8, 10].map(parallel))
}

function textOf({ first, end, queries, found, recall }: Walks): string {
  const times = [first, end].map((all) => all.map((ms) => ms.toFixed(0)).join(' '))
  return [...times, queries.toFixed(1), found.toFixed(3), recall.toFixed(3)].join(' | ')
}
