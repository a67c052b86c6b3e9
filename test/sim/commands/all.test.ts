import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tableOf } from '../../../sim/commands/all-text.ts'
import { crashOf } from '../../../sim/sweep/job-record.ts'
import { planted, unplanted } from '../../support/plant.ts'
import { Program } from '../../support/program.ts'
import { recordOf } from '../../support/scripted-backend.ts'
import { tinyJobs } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const MAIN = fileURLToPath(new URL('../../../sim/main.ts', import.meta.url))

/** A scenario that throws in every run. */
const THROWS = {
  file: 'sim/scenarios/swarm.ts',
  find: String.raw`\bduration:`,
  replacement: 'duration: () => { throw new Error("a mistake in a scenario") }, before:',
}

describe('the table of all runs', () => {
  it('shows what each check and each figure that waits for something came to, and whose code it was', () => {
    const [job] = tinyJobs(1)
    const run = { scenario: 'bootstrap', given: { nodes: '8' } }
    const record = recordOf(job!, {
      code: '0123456789abcdef',
      checks: [{ name: 'joined', pass: true, value: 8, bound: '>= 8' }],
      pending: [{ name: 'fast', pass: false, value: 9, bound: '<= 5', waitsFor: 'a faster | one' }],
      peakMiB: 70,
    })
    const crash = crashOf(job!, { digest: 'fedcba9876543210', node: 20 }, 'for want of memory')
    const lines = tableOf([
      { run, record },
      { run, record: crash },
      { run, record: undefined },
    ]).split('\n')
    const head = '| bootstrap | nodes=8 |'
    assert.deepEqual(lines.slice(2), [
      `${head} joined | passed | joined 8 (>= 8) | fast 9 (<= 5) does not hold: a faster \\| one | 0.0 | 70 | 0123456789ab |`,
      `${head}  | CRASHED: for want of memory |  |  |  |  | fedcba987654 |`,
      `${head}  | not run |  |  |  |  |  |`,
      '',
    ])
    assert.match(lines[0]!, /\| waits for something \|.*\| code \|$/)
  })
})

describe('lodestone-sim all', () => {
  it('goes on where it was killed, and with the others when one scenario throws', async () => {
    await inTempFolder(async (folder) => {
      const scenarios = ['bootstrap', 'swarm', 'loopback']
      const only = scenarios.flatMap((name) => ['--only', name])
      const args = ['all', '--size', 'small', ...only, '--workers', '1', '--report', folder, '--json']
      const start = (env: NodeJS.ProcessEnv): Program =>
        new Program('all', [process.execPath, MAIN, ...args], { env: env as Record<string, string> })
      const told = (program: Program): [string, string][] =>
        program
          .linesMatching((line) => line.includes('"event":"job"'))
          .map((line) => JSON.parse(line) as { scenario: string; outcome: string })
          .map(({ scenario, outcome }) => [scenario, outcome])
      const ended = async (env: NodeJS.ProcessEnv, code: number): Promise<[string, string][]> => {
        const program = start(env)
        try {
          assert.equal((await program.end(120_000)).code, code, program.report())
        } finally {
          await program.stop()
        }
        return told(program)
      }

      const killed = start(planted(THROWS))
      try {
        await killed.line('a job', (line) => line.includes('"event":"job"'), 60_000)
      } finally {
        killed.signal('SIGKILL')
        await killed.stop()
      }
      assert.deepEqual(told(killed), [['bootstrap', 'passed']])

      assert.deepEqual(await ended(planted(THROWS), 1), [
        ['swarm', 'crashed'],
        ['loopback', 'passed'],
      ])
      const table = readFileSync(join(folder, 'results.md'), 'utf8')
      assert.match(table, /^\| swarm \| {2}\| {2}\| CRASHED: a mistake in a scenario \|/m)
      assert.equal(table.match(/ passed /g)?.length, 2)
      assert.deepEqual(await ended(unplanted(), 0), [['swarm', 'passed']], 'what crashed is tried again')
    })
  })
})
