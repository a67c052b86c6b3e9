import { existsSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { usageError } from '../../src/core/errors.ts'
import type { Fault } from '../experiment/faults.ts'
import type { Scenario } from '../experiment/scenario.ts'
import { attempt, type Failure, mannerOf } from '../failure/attempt.ts'
import { regressionTest } from '../failure/regression-test.ts'
import { shrinkFaults } from '../failure/shrink-faults.ts'
import { storing } from '../sweep/storing.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

/** Runs after which the fewest faults so far are good enough. */
const MOST_RUNS = 100

/** A run that has failed. */
export interface FailedRun {
  readonly scenario: Scenario
  /** Name in the catalogue, or path of its module. */
  readonly source: string
  readonly seed: number
  readonly values: Readonly<Record<string, number>>
  readonly faults: readonly Fault[]
  readonly failure: Failure
}

/** Throws a usage error when the test could not be written there. */
export function refuseBadTestFile(file: string): void {
  if (!/\.test\.m?js$/.test(file)) {
    throw usageError(
      'sim/bad-file',
      `--shrink takes the name of a test, such as failure.test.mjs, not ${file}.`,
    )
  }
  if (existsSync(file)) throw usageError('sim/bad-file', `The file ${file} exists already.`)
  if (!existsSync(dirname(resolve(file)))) throw usageError('sim/bad-file', `There is no folder for ${file}.`)
}

/**
 * Finds the fewest faults with which a run fails in the same way, and writes them to `file` as a test. SIGINT ends the search
 * after the run under way, with what was found so far. The exit code: 1, or that of the signal. Throws a
 * storage error.
 */
export function shrink(failed: FailedRun, file: string, terminal: Terminal): Promise<number> {
  const { scenario, source, seed, values, faults, failure } = failed
  const manner = mannerOf(failure)
  return untilSignal(async (signal) => {
    if (faults.length === 0) {
      terminal.complain('The scenario plans no faults, so there is nothing to shrink.')
      return 1
    }
    const least = await shrinkFaults(
      faults,
      async (some) => {
        // Signals are heard between runs.
        await setImmediate()
        const again = attempt(scenario, seed, values, {
          faults: some,
          unmeasured: failure.kind === 'violation',
        })
        const fails = again.failure !== undefined && mannerOf(again.failure) === manner
        terminal.tell('shrink', { faults: some.length, fails })
        return fails
      },
      (runs) => runs < MOST_RUNS && !signal.aborted,
    )
    const named = { scenario: referenceTo(source, file), seed, values, faults: least.faults }
    storing(file, () => writeFileSync(file, regressionTest(named)))
    terminal.tell('shrunk', { file, faults: least.faults, of: faults.length, runs: least.runs })
    terminal.say(
      `${least.faults.length} of ${faults.length} faults remain after ${least.runs} runs: node --test ${file}`,
    )
    return 1
  })
}

/** How a test in `file` names a scenario. */
function referenceTo(source: string, file: string): string {
  if (!/\.\w+$/.test(source)) return source
  const path = relative(dirname(resolve(file)), resolve(source))
    .split(sep)
    .join('/')
  return path.startsWith('../') ? path : `./${path}`
}
