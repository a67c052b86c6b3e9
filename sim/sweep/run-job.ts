import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { performance } from 'node:perf_hooks'
import { LodestoneError, usageError } from '../../src/core/errors.ts'
import { loadScenario } from '../experiment/load-scenario.ts'
import { strangeIn } from '../experiment/parameters.ts'
import { type RunResult, runScenario } from '../experiment/run-scenario.ts'
import type { Scenario } from '../experiment/scenario.ts'
import { codeVersion } from './code-version.ts'
import { identityOf, type Job, type ModuleReference } from './job.ts'
import type { FinishedRecord } from './job-record.ts'

/** Code of the error of a process that finds other files than those its job was made with. */
export const CHANGED = 'sim/changed'

/**
 * Runs one job in this thread. `modules` is the only folder from which a user's module is loaded; without it none is. Throws
 * when the job must not or cannot be run, and whatever the scenario throws. `each` is called every virtual second.
 */
export async function runJob(
  job: Job,
  modules: string | undefined,
  each: () => void = () => {},
): Promise<FinishedRecord> {
  const scenario = await scenarioOf(job, modules)
  refuseStrangeValues(scenario, job.values)
  const code = codeVersion()
  if (job.identity !== identityOf(job, code)) {
    throw new LodestoneError('closed', CHANGED, 'The program has changed since this was begun.')
  }
  const begun = performance.now()
  const result = runScenario(scenario, job.seed, job.values, { progress: each })
  const { start, digest, virtualMs, events, metrics, checks, pending, passed } = result
  const violation = violationIn(result)
  const wallMs = Math.round(performance.now() - begun)
  const { identity, values, seed, copy } = job
  const head = { identity, scenario: job.scenario, values, seed, copy, code: code.digest, node: code.node }
  return {
    ...head,
    outcome: passed ? 'passed' : 'failed',
    digest,
    start,
    virtualMs,
    events,
    metrics,
    checks,
    pending,
    ...(violation === undefined ? {} : { violation }),
    wallMs,
  }
}

/** In words. */
function violationIn({ violation, brokenBaseline }: RunResult): string | undefined {
  if (violation !== undefined) return `${violation.invariant}: ${violation.text}`
  if (brokenBaseline === undefined) return undefined
  const { invariant, text } = brokenBaseline.violation
  return `in the baseline: ${invariant}: ${text}`
}

/** Hex SHA-256 of a module's bytes. Throws a usage error when it cannot be read. */
export function contentOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    throw usageError('sim/no-file', `The file ${path} cannot be read.`)
  }
}

async function scenarioOf({ scenario: name, module }: Job, modules: string | undefined): Promise<Scenario> {
  const source = module === undefined ? name : pathOf(module, modules)
  if (module === undefined && /[\\/.]/.test(name)) throw refusal(`There is no scenario ${name}.`)
  const scenario = await loadScenario(source)
  if (scenario.name !== name) throw refusal(`${source} holds the scenario ${scenario.name}, not ${name}.`)
  return scenario
}

/** Content of each module when this process loaded it: what was loaded stays, whatever becomes of the file. */
const loaded = new Map<string, string>()

function pathOf({ file, sha256 }: ModuleReference, modules: string | undefined): string {
  if (modules === undefined) throw refusal(`This worker runs no modules, so not ${file}.`)
  let path: string
  try {
    const root = realpathSync(modules)
    path = realpathSync(join(root, file))
    const within = relative(root, path)
    if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) throw new Error('outside')
  } catch {
    throw refusal(`There is no module ${file} in the folder of modules.`)
  }
  const content = loaded.get(path) ?? contentOf(path)
  loaded.set(path, content)
  if (content !== sha256) throw refusal(`The module ${file} is not the one that the sweep was begun with.`)
  return path
}

/** The values of a job come resolved; one from elsewhere may still be out of range. */
function refuseStrangeValues({ name, parameters }: Scenario, values: Job['values']): void {
  const lacking = Object.keys(parameters).find((key) => !Object.hasOwn(values, key))
  const wrong = strangeIn(parameters, values) ?? lacking
  if (wrong !== undefined) throw refusal(`The scenario ${name} cannot be run with this value of ${wrong}.`)
}

function refusal(sentence: string): LodestoneError {
  return new LodestoneError('remote', 'sim/job-refused', sentence)
}
