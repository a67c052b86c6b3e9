import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from '../../sim/scenarios/bootstrap.ts'
import { codeVersion } from '../../sim/sweep/code-version.ts'
import type { Job } from '../../sim/sweep/job.ts'
import { contentOf } from '../../sim/sweep/run-job.ts'
import { jobsOf, type SweepPlan, settingsOf } from '../../sim/sweep/sweep-plan.ts'

const preload = new URL('./tsx-in-threads.mjs', import.meta.url).href

/** With these flags processes and threads run from source. */
export const SOURCE_FLAGS: readonly string[] = ['--import', 'tsx', '--import', preload]

/** A run of some ten milliseconds. */
export const TINY: readonly (readonly [string, string])[] = [
  ['nodes', '8'],
  ['lookups', '3'],
  ['spread', '2'],
  ['settle', '60'],
]

export function tinyPlan(seeds: readonly number[], vary: Readonly<Record<string, string[]>> = {}): SweepPlan {
  const set = new Map(TINY.filter(([key]) => !(key in vary)))
  const settings = settingsOf(bootstrap, set, new Map(Object.entries(vary)))
  return { scenario: bootstrap, seeds, settings, code: codeVersion() }
}

export function tinyJobs(count: number): Job[] {
  const seeds = Array.from({ length: count }, (_, index) => index + 1)
  return jobsOf(tinyPlan(seeds), seeds).filter(({ copy }) => copy === 0)
}

/** A scenario in a user's module that notes each of its runs, then does `body`, where `seed` is known and how often it ran `before`. */
export class CountedModule {
  readonly file = 'counted.mjs'
  readonly path: string
  readonly #notes: string

  constructor(folder: string, body = '') {
    this.path = join(folder, this.file)
    this.#notes = join(folder, 'runs.txt')
    const source = new URL('../../sim/scenarios/bootstrap.ts', import.meta.url).href
    writeFileSync(this.#notes, '')
    writeFileSync(
      this.path,
      `import { appendFileSync, readFileSync } from 'node:fs'
import { bootstrap } from ${JSON.stringify(source)}
const notes = ${JSON.stringify(this.#notes)}
const setup = (stage) => {
  const { seed } = stage.world
  appendFileSync(notes, seed + ' ' + stage.values.nodes + '\\n')
  const before = readFileSync(notes, 'utf8').split('\\n').filter((line) => line.split(' ')[0] === String(seed)).length - 1
  ${body}
  return bootstrap.setup(stage)
}
const scenario = { ...bootstrap, name: 'counted', setup }
export default scenario
`,
    )
  }

  /** One line for each run that began: its seed and number of nodes. */
  get runs(): string[] {
    return readFileSync(this.#notes, 'utf8').split('\n').slice(0, -1)
  }

  plan(seeds: readonly number[]): SweepPlan {
    const scenario = { ...bootstrap, name: 'counted' }
    return { ...tinyPlan(seeds), scenario, module: { file: this.file, sha256: contentOf(this.path) } }
  }
}
