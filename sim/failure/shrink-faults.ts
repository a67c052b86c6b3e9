import type { Fault } from '../experiment/faults.ts'

/** The shortest fault worth telling from a shorter one, in seconds. */
const LEAST_SPAN = 1

export interface Shrunk {
  /** Fails still; without any one of them, or with any one of them shorter or about fewer hosts by half, it does not. */
  readonly faults: readonly Fault[]
  /** How often the scenario was run. */
  readonly runs: number
}

type Fails = (faults: readonly Fault[]) => boolean | Promise<boolean>

/**
 * The fewest and shortest of `faults` with which `fails` still holds: delta debugging (Zeller and Hildebrandt 2002) over the
 * list, then over each fault's hosts and time. `fails` holds for all of them. Goes on while `mayRun`, which is told how often
 * it was asked.
 */
export async function shrinkFaults(
  faults: readonly Fault[],
  fails: Fails,
  mayRun: (runs: number) => boolean,
): Promise<Shrunk> {
  let runs = 0
  const stillFails: Fails = async (some) => {
    if (!mayRun(runs)) return false
    runs += 1
    return fails(some)
  }
  let least = await withoutNeedless(faults, stillFails)
  for (let changed = true; changed; ) {
    changed = false
    for (let i = 0; i < least.length; i++) {
      for (const milder of milderOnes(least[i]!)) {
        const fewer = least.with(i, milder)
        if (!(await stillFails(fewer))) continue
        least = fewer
        changed = true
        break
      }
    }
  }
  return { faults: least, runs }
}

/** Leaves out ever smaller parts of `items`. */
async function withoutNeedless(items: readonly Fault[], stillFails: Fails): Promise<readonly Fault[]> {
  if (items.length > 0 && (await stillFails([]))) return []
  let least = items
  for (let part = Math.ceil(least.length / 2); least.length > 1; ) {
    let found = false
    for (let from = 0; from < least.length && !found; from += part) {
      const rest = least.toSpliced(from, part)
      if (rest.length > 0 && (await stillFails(rest))) {
        least = rest
        found = true
      }
    }
    if (found) part = Math.min(part, Math.ceil(least.length / 2))
    else if (part === 1) break
    else part = Math.ceil(part / 2)
  }
  return least
}

/** The same about half of the hosts, or for half of the time. */
function milderOnes(fault: Fault): readonly Fault[] {
  const milder: Fault[] = []
  if ('hosts' in fault && fault.hosts.length > 1) {
    const half = Math.ceil(fault.hosts.length / 2)
    milder.push({ ...fault, hosts: fault.hosts.slice(0, half) }, { ...fault, hosts: fault.hosts.slice(half) })
  }
  const span = (fault.until - fault.from) / 2
  if (span >= LEAST_SPAN) {
    milder.push({ ...fault, until: fault.from + span }, { ...fault, from: fault.until - span })
  }
  return milder
}
