import { settingKey } from './job.ts'
import type { JobRecord } from './job-record.ts'
import { type SweepSummary, summarise, unite } from './sweep-summary.ts'

export interface Merged {
  /** One for each run, in an order that does not depend on who ran what. */
  readonly records: readonly JobRecord[]
  /** One for each scenario and code. */
  readonly summaries: readonly SweepSummary[]
}

/** The results of several folders as one, without what is there twice. Runs that contradict are told in the summaries. */
export function mergeResults(parts: readonly (readonly JobRecord[])[]): Merged {
  const all = parts.flat().toSorted(inOrder)
  const sweeps = new Map<string, JobRecord[]>()
  for (const record of all) {
    const sweep = sweeps.get(programOf(record)) ?? []
    sweeps.set(programOf(record), sweep)
    sweep.push(record)
  }
  const summaries = [...sweeps.values()].map((sweep) => {
    const settings = new Map(sweep.map(({ values }) => [settingKey(values), values]))
    return summarise(sweep[0]!.scenario, [...settings.values()], sweep)
  })
  return { records: [...unite(all).values()], summaries }
}

/** By program, by values as numbers, then by seed. */
function inOrder(a: JobRecord, b: JobRecord): number {
  const [one, other] = [programOf(a), programOf(b)]
  if (one !== other) return one < other ? -1 : 1
  for (const key of Object.keys(a.values).toSorted()) {
    const [here, there] = [a.values[key]!, b.values[key] ?? 0]
    if (here !== there) return here - there
  }
  // Two runs that contradict stand in the same order wherever they came from.
  return a.seed - b.seed || a.copy - b.copy || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
}

function programOf({ scenario, code, node }: JobRecord): string {
  return `${scenario} ${code} ${node}`
}
