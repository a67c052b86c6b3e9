import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../src/core/errors.ts'
import { isFigures, isModuleReference, keyOf } from './job.ts'
import type { JobRecord } from './job-record.ts'
import { storing } from './storing.ts'
import { type JobPlan, jobsOf, shardAt } from './sweep-plan.ts'

/** Lies in the folder of a shard beside its results. */
const PLANS = 'shards.json'
const VERSION = 1

/** A sweep that was cut into shards: enough to know every job of the whole. */
export interface ShardedPlan extends JobPlan {
  readonly shards: number
}

/** What is lacking of a shard. */
export interface LackingShard {
  readonly scenario: string
  readonly shard: number
  readonly shards: number
  /** Jobs of the shard, and how many of them have no record. */
  readonly jobs: number
  readonly lacking: number
}

/** The sweeps that the results in a folder are parts of; none in one that no shard was run in. Throws a usage error. */
export function readShardedPlans(folder: string): ShardedPlan[] {
  const path = join(folder, PLANS)
  if (!existsSync(path)) return []
  const plans = plansIn(readFileSync(path, 'utf8'))
  if (plans === undefined)
    throw usageError('sim/bad-results', `${path} is not of this version of lodestone-sim.`)
  return plans
}

/** Puts `plans` in the place of those in a folder, whole or not at all. Throws a storage error. */
export function writeShardedPlans(folder: string, plans: readonly ShardedPlan[]): void {
  const path = join(folder, PLANS)
  if (plans.length === 0) {
    rmSync(path, { force: true })
    return
  }
  const texts = new Set(plans.map(textOf))
  storing(path, () => {
    writeFileSync(`${path}.new`, `{"version":${VERSION},"plans":[\n${[...texts].join(',\n')}\n]}\n`)
    renameSync(`${path}.new`, path)
  })
}

/** Notes in a folder which sweep its shard is part of, in place of an earlier one of the same scenario. */
export function noteShardedPlan(folder: string, plan: ShardedPlan): void {
  const others = readShardedPlans(folder).filter(({ scenario }) => scenario.name !== plan.scenario.name)
  writeShardedPlans(folder, [...others, plan])
}

/** The shards of `plans` of which jobs have no record, whoever ran them. */
export function lackingShards(
  plans: readonly ShardedPlan[],
  records: readonly JobRecord[],
): readonly LackingShard[] {
  const known = new Set(records.map(keyOf))
  const distinct = new Map(plans.map((plan) => [textOf(plan), plan]))
  return [...distinct.values()].flatMap((plan) => {
    const { scenario, seeds, shards } = plan
    const found = new Map<number, LackingShard>()
    for (const [at, job] of jobsOf(plan, seeds).entries()) {
      const shard = shardAt(at, shards)
      const { jobs, lacking } = found.get(shard) ?? { jobs: 0, lacking: 0 }
      const lacks = known.has(keyOf(job)) ? 0 : 1
      found.set(shard, { scenario: scenario.name, shard, shards, jobs: jobs + 1, lacking: lacking + lacks })
    }
    return [...found.values()].filter(({ lacking }) => lacking > 0)
  })
}

/** One text for one plan. */
function textOf({ scenario: { name }, module, seeds, settings, code, shards }: ShardedPlan): string {
  return JSON.stringify({ scenario: { name }, module, seeds, settings, code, shards })
}

function plansIn(text: string): ShardedPlan[] | undefined {
  try {
    const { version, plans } = JSON.parse(text) as { version?: unknown; plans?: unknown }
    return version === VERSION && Array.isArray(plans) && plans.every(isPlan) ? plans : undefined
  } catch {
    return undefined
  }
}

function isPlan(value: unknown): value is ShardedPlan {
  const { scenario, module, seeds, settings, code, shards } = value as Record<keyof ShardedPlan, unknown>
  const { digest, node } = code as Record<string, unknown>
  return (
    typeof (scenario as Record<string, unknown>)['name'] === 'string' &&
    (module === undefined || isModuleReference(module)) &&
    Array.isArray(seeds) &&
    seeds.every(Number.isSafeInteger) &&
    Array.isArray(settings) &&
    settings.every(isFigures) &&
    typeof digest === 'string' &&
    Number.isSafeInteger(node) &&
    Number.isSafeInteger(shards) &&
    (shards as number) >= 1
  )
}
