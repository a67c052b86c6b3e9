import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Program } from '../../support/program.ts'
import { type Ended, simCommand } from '../../support/sim-command.ts'
import { CountedModule, SOURCE_FLAGS, TINY } from '../../support/sweep-jobs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const MAIN = fileURLToPath(new URL('../../../sim/main.ts', import.meta.url))

const sim = (...args: readonly string[]): Promise<Ended> => simCommand(args)

const tiny = TINY.flatMap(([key, value]) => ['--set', `${key}=${value}`])

describe('lodestone-sim sweep', () => {
  it('is interrupted with 130, and goes on from what it has, in the same command', async () => {
    await inTempFolder(async (folder) => {
      const module = new CountedModule(
        folder,
        `if (seed === 3 && process.env['ENDLESS'] === 'yes') for (;;);`,
      )
      const report = join(folder, 'report')
      const args = [
        'sweep',
        module.path,
        '--seeds',
        '1-4',
        ...tiny,
        '--workers',
        '1',
        '--report',
        report,
        '--json',
      ]
      const start = (env: Record<string, string>): Program =>
        new Program('sweep', [process.execPath, ...SOURCE_FLAGS, MAIN, ...args], { env })
      const first = start({ ENDLESS: 'yes' })
      try {
        await first.line('two jobs', (line) => line.includes('"job"') && line.includes('"seed":2,'), 30_000)
        first.signal('SIGINT')
        assert.equal((await first.end(10_000)).code, 130, first.report())
      } finally {
        await first.stop()
      }
      assert.match(first.output(), /"event":"stopped"[^\n]*"ran":2/)
      const second = start({})
      try {
        assert.equal((await second.end(30_000)).code, 0, second.report())
      } finally {
        await second.stop()
      }
      assert.match(second.output(), /"event":"summary"[^\n]*"passed":4/)
      const begun = module.runs.map((line) => Number(line.split(' ')[0])).filter((seed) => seed < 3)
      const lines = (path: string): string[] =>
        readFileSync(join(path, 'results.ndjson'), 'utf8').trim().split('\n')
      // Some jobs, chosen by identity, have a second run and a record of it.
      const recorded = lines(report).map((line) => (JSON.parse(line) as { seed: number }).seed)
      const expected = recorded.filter((seed) => seed < 3)
      assert.deepEqual(begun.toSorted(), expected.toSorted(), 'what was done is not run again')
      const merged = await sim('merge', report, report, '--report', join(folder, 'all'))
      assert.equal(merged.code, 0, merged.err)
      assert.match(merged.out, /counted: 4 passed, 0 failed, 0 crashed, 0 contradict\./)
      assert.deepEqual(lines(join(folder, 'all')).toSorted(), lines(report).toSorted())
    })
  })

  it('shows medians with their intervals, and exits with 1 and the command that shows a failed check', async () => {
    await inTempFolder(async (folder) => {
      const hard = ['--set', 'lookups=3', '--set', 'settle=1', '--set', 'spread=0.1']
      const args = [...hard, '--vary', 'nodes=8,20', '--seeds', '1-5', '--workers', '1', '--report', folder]
      const program = new Program('sweep', [
        process.execPath,
        ...SOURCE_FLAGS,
        MAIN,
        'sweep',
        'bootstrap',
        ...args,
      ])
      try {
        assert.equal((await program.end(60_000)).code, 1, program.report())
      } finally {
        await program.stop()
      }
      const text = program.output()
      assert.match(text, /^datagrams: median \[95 % of it\]$/m)
      assert.match(text, /^ {2}nodes=20 +\d+ \[\d+, \d+\] +of 5 +\+\d+ \[\+\d+, \+\d+\] against nodes=8$/m)
      assert.match(text, /FAILED in \d of 5 runs: .*: lodestone-sim run bootstrap --seed \d --set nodes=/)
    })
  })

  const wrong: readonly (readonly string[])[] = [
    ['sweep'],
    ['sweep', 'bootstrap'],
    ['sweep', 'nothing', '--seeds', '1-2'],
    ['sweep', '/nowhere/at.mjs', '--seeds', '1-2'],
    ['sweep', 'bootstrap', '--seeds', '2-1'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--vary', 'nodes'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--vary', 'nodes=8,1'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--set', 'frob=8'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--workers', '0'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--workers', 'all'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--shard', '1/2'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--shard', '3/2', '--report', '/tmp/never'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--shard', '0/2', '--report', '/tmp/never'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--until-width', '3'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--metric', 'datagrams'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--until-width', 'thin', '--metric', 'datagrams'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--queue', 'localhost'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--queue', 'redis://127.0.0.1:1', '--workers', 'all'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--queue', 'redis://127.0.0.1:1', '--silence', 'long'],
    ['sweep', 'bootstrap', '--seeds', '1-600000', '--vary', 'nodes=8,12'],
    ['sweep', 'bootstrap', '--seeds', '1-2', '--frob'],
    ['work'],
    ['work', '--queue', 'nonsense'],
    ['work', '--queue', 'redis://127.0.0.1:1', '--workers', '0'],
    ['work', '--queue', 'redis://127.0.0.1:1', '--silence', 'long'],
    ['merge'],
    ['merge', '/nowhere/to/be/found'],
  ]
  it('refuses wrong use with one sentence and exit code 2, nothing touched', async () => {
    await inTempFolder(async (folder) => {
      const report = join(folder, 'report')
      for (const args of wrong) {
        const named = args.includes('--report') ? args.with(-1, report) : [...args, '--report', report]
        // A shard without a report is what is wrong there; work has none.
        const isBare = args.at(-1) === '1/2' || args[0] === 'work'
        const { code, out, err } = await sim(...(isBare ? args : named))
        assert.deepEqual([code, out], [2, ''], `${args.join(' ')}: ${err}`)
        assert.match(err, /^lodestone-sim: [^\n]+\.\n$/, args.join(' '))
        assert.equal(existsSync(report), false, args.join(' '))
      }
    })
  })
})
