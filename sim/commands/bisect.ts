import { loadScenario } from '../experiment/load-scenario.ts'
import { runScenario } from '../experiment/run-scenario.ts'
import { bisect, type ComparedRun, describeParting } from '../failure/bisect.ts'
import { rerunOf } from '../failure/rerun.ts'
import { readRuns } from '../look/reported-run.ts'
import { readDigests } from './digests-file.ts'
import type { Terminal } from './terminal.ts'

/** Finds where the runs of two reports part; 0 when they are the same, 1 when they part. Throws a usage error. */
export async function bisectCommand(dirA: string, dirB: string, terminal: Terminal): Promise<number> {
  const [left, right] = [await comparedRunOf(dirA), await comparedRunOf(dirB)]
  const parting = bisect(left, right)
  terminal.tell('bisected', { same: parting === undefined, ...parting })
  if (parting === undefined) terminal.say('The runs are the same, event for event.')
  else for (const line of describeParting(parting)) terminal.say(line)
  return parting === undefined ? 0 : 1
}

async function comparedRunOf(dir: string): Promise<ComparedRun> {
  const { scenario: source, digests } = readDigests(dir)
  const { seed, values } = readRuns(dir)[0]!
  const scenario = await loadScenario(source)
  const play = rerunOf((watch) => {
    runScenario(scenario, seed, values, { watch, unmeasured: true })
  })
  return { digests, rerun: play }
}
