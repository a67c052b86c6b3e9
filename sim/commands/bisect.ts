import { LodestoneError } from '../../src/core/errors.ts'
import { loadScenario } from '../experiment/load-scenario.ts'
import { runScenario } from '../experiment/run-scenario.ts'
import { bisect, type ComparedRun, describeParting, type Parting } from '../failure/bisect.ts'
import { rerunOf } from '../failure/rerun.ts'
import { readRuns } from '../look/reported-run.ts'
import { codeVersion } from '../sweep/code-version.ts'
import { readDigests } from './digests-file.ts'
import type { Terminal } from './terminal.ts'

interface Reported extends ComparedRun {
  readonly dir: string
  /** Whether other code than this ran it; `undefined`: the report does not say. */
  readonly isOfOtherCode: boolean | undefined
}

/** Finds where the runs of two reports part; 0 when they are the same, 1 when they part. Throws a usage error. */
export async function bisectCommand(dirA: string, dirB: string, terminal: Terminal): Promise<number> {
  const sides = { left: await reportedIn(dirA), right: await reportedIn(dirB) }
  let parting: Parting | undefined
  try {
    parting = bisect(sides.left, sides.right)
  } catch (error) {
    if (error instanceof LodestoneError) throw error
    const why = error instanceof Error ? error.message : String(error)
    terminal.complain(`The runs part, and cannot be played again: ${why}.`)
    return 1
  }
  terminal.tell('bisected', { same: parting === undefined, ...parting })
  if (parting === undefined) {
    terminal.say('The runs are the same, event for event.')
    return 0
  }
  for (const line of describeParting(parting)) terminal.say(line)
  for (const { side } of parting.strayed) {
    const { dir, isOfOtherCode } = sides[side]
    if (isOfOtherCode === undefined) continue
    terminal.complain(
      isOfOtherCode
        ? `The report in ${dir} is of other code than this: make it again, or look with that code.`
        : `The report in ${dir} is of this very code, so something outside got into the run.`,
    )
  }
  return 1
}

async function reportedIn(dir: string): Promise<Reported> {
  const { scenario: source, digests, code } = readDigests(dir)
  const { seed, values, events } = readRuns(dir)[0]!
  const scenario = await loadScenario(source)
  const play = rerunOf((watch) => {
    runScenario(scenario, seed, values, {
      unmeasured: true,
      watch: (world) => {
        // A run that was stopped at an event is one that ends there.
        world.scheduler.lastEvent = events
        watch(world)
      },
    })
  })
  const isOfOtherCode = code === undefined ? undefined : code !== codeVersion().digest
  return { dir, digests, rerun: play, isOfOtherCode }
}
