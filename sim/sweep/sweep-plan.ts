import { usageError } from '../../src/core/errors.ts'
import { resolveValues, type Size } from '../experiment/parameters.ts'
import type { Scenario } from '../experiment/scenario.ts'
import type { CodeVersion } from './code-version.ts'
import { identityOf, type Job, type ModuleReference } from './job.ts'

/** Scenario × settings × seeds: all that decides which jobs there are. Plain data. */
export interface JobPlan {
  readonly scenario: Pick<Scenario, 'name'>
  /** Where the scenario is a user's module. */
  readonly module?: ModuleReference
  /** Every seed is run with every setting, so that settings are compared on the same chances. */
  readonly seeds: readonly number[]
  /** All values of each setting; the first is what the others are compared with. */
  readonly settings: readonly Readonly<Record<string, number>>[]
  readonly code: CodeVersion
}

/** Jobs that can be run. */
export interface SweepPlan extends JobPlan {
  readonly scenario: Scenario
}

/** One job in so many, chosen by its identity, is run twice and compared. */
const TWICE_IN = 20
const MOST_JOBS = 1_000_000

/** `7` or `1-20`. Throws a usage error. */
export function readSeeds(text: string): number[] {
  const match = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (!(first <= last && last - first < MOST_JOBS)) {
    throw usageError('sim/bad-seeds', '--seeds takes a range such as 1-20, from low to high.')
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Every combination of the varied values, the first name's value changing slowest. Throws a usage error. */
export function settingsOf(
  scenario: Scenario,
  set: ReadonlyMap<string, string>,
  vary: ReadonlyMap<string, readonly string[]>,
  size?: Size,
): Record<string, number>[] {
  let given: ReadonlyMap<string, string>[] = [set]
  for (const [key, values] of vary) {
    if (set.has(key)) throw usageError('sim/bad-vary', `The parameter ${key} is both set and varied.`)
    given = given.flatMap((before) => values.map((value) => new Map([...before, [key, value]])))
  }
  const settings = given.map((one) => resolveValues(scenario, one, size))
  if (new Set(settings.map((one) => JSON.stringify(one))).size < settings.length) {
    throw usageError('sim/bad-vary', '--vary names a value twice.')
  }
  return settings
}

/** Throws a usage error. */
export function refuseTooManyJobs({ seeds, settings }: JobPlan): void {
  if (seeds.length * settings.length > MOST_JOBS) {
    throw usageError('sim/too-many', `A sweep has at most ${MOST_JOBS} jobs.`)
  }
}

/** The jobs of these seeds of the plan, seed by seed; the second runs of those that are run twice come last. */
export function jobsOf(plan: JobPlan, seeds: readonly number[]): Job[] {
  const jobs = seeds.flatMap((seed) => jobsOfSeed(plan, seed))
  const sure = surelyRunTwice(plan)
  const twice = jobs.filter(({ identity }) => identity === sure || isRunTwice(identity))
  return [...jobs, ...twice.map((job): Job => ({ ...job, copy: 1 }))]
}

function jobsOfSeed({ scenario, module, settings, code }: JobPlan, seed: number): Job[] {
  return settings.map((values): Job => {
    const copy = 0
    const job = {
      scenario: scenario.name,
      values,
      seed,
      copy,
      ...(module === undefined ? {} : { module }),
    } as const
    return { ...job, identity: identityOf(job, code) }
  })
}

function isRunTwice(identity: string): boolean {
  return Number.parseInt(identity.slice(0, 8), 16) % TWICE_IN === 0
}

/**
 * The identity that every sweep runs twice, so that a small one compares something too: the least of the first seed. That
 * seed is in the first round of a sweep that may end early, and stays the first when seeds are added.
 */
function surelyRunTwice(plan: JobPlan): string | undefined {
  const [first] = plan.seeds
  if (first === undefined) return undefined
  return jobsOfSeed(plan, first)
    .map(({ identity }) => identity)
    .toSorted()[0]
}

/** The part of `jobs` that shard `index` of `count` runs, 1 to `count`: all shards together are the whole. */
export function shardOf(jobs: readonly Job[], index: number, count: number): Job[] {
  return jobs.filter((_, at) => shardAt(at, count) === index)
}

/** The shard that runs the job at this place. */
export function shardAt(at: number, count: number): number {
  return (at % count) + 1
}
