import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ended, simCommand } from '../../support/sim-command.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

const inProcess = (...args: readonly string[]): Promise<Ended> => simCommand(args)

const MAIN = fileURLToPath(new URL('../../../sim/main.ts', import.meta.url))

function sim(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

function lines(out: string): Record<string, unknown>[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

const SMALL = ['run', 'bootstrap', '--nodes', '20', '--seed', '7', '--set', 'lookups=10', 'spread=5']

describe('lodestone-sim', () => {
  it('lists each scenario on a line with its parameters and defaults', async () => {
    const { code, out } = await inProcess('list')
    assert.equal(code, 0)
    assert.match(out, /^bootstrap: .*nodes=300/m)
    assert.match(out, /^swarm: .*peers=50/m)
  })

  it('ends `run --json` with one result line, the same in every process but for wall time and memory', async () => {
    const [one, two] = [sim(...SMALL, '--json'), await inProcess(...SMALL, '--json')]
    assert.equal(one.code, 0, one.err)
    const strip = (out: string): Record<string, unknown> => {
      const { at, wallMs, peakRss, ...rest } = lines(out).at(-1)!
      for (const figure of [at, wallMs, peakRss]) assert.equal(typeof figure, 'number')
      return rest
    }
    const result = strip(one.out)
    assert.deepEqual(strip(two.out), result)
    assert.deepEqual([result['event'], result['scenario'], result['seed']], ['result', 'bootstrap', 7])
    assert.match(String(result['digest']), /^[0-9a-f]{16}$/)
    for (const key of ['virtualMs', 'events', 'metrics', 'checks']) assert.ok(key in result)
    assert.equal(lines(one.out).filter(({ event }) => event === 'result').length, 1)
  })

  it('exits with 1 when a check fails, and prints the command that runs it again', async () => {
    const { code, out, err } = sim(
      'run',
      'swarm',
      '--peers',
      '3',
      '--seed',
      '4',
      '--set',
      'limit=1',
      '--json',
    )
    assert.equal(code, 1)
    assert.ok(lines(out).at(-1)?.['checks'])
    assert.match(err, /lodestone-sim run swarm --seed 4 --set peers=3 --set limit=1/)
  })

  it('prints plain lines without --json', async () => {
    const { code, out } = await inProcess(...SMALL)
    assert.equal(code, 0)
    assert.match(out, /^ok: nodes joined 20 \(>= 20\)$/m)
    assert.match(out, /digest [0-9a-f]{16}$/m)
  })

  const wrong: readonly (readonly string[])[] = [
    [],
    ['frob'],
    ['run'],
    ['run', 'nothing'],
    ['run', 'bootstrap', '--frob'],
    ['run', 'bootstrap', '--nodes', 'many'],
    ['run', 'bootstrap', '--nodes', '1'],
    ['run', 'bootstrap', '--seed', '-1'],
    ['run', 'bootstrap', '--set', 'nodes'],
    ['run', 'swarm', '--nodes', '30'],
    ['run', 'swarm', 'extra'],
    ['replay', '/nowhere/to/be/found'],
    ['replay', MAIN],
    ['run', 'swarm', '--set'],
    ['run', 'swarm', '--report', ''],
    ['run', 'swarm', '--report='],
    ['run', 'swarm', '--set', 'peers=5', '--', '--seed', '3'],
    ['run', 'swarm', '--json=maybe'],
    ['run', 'swarm', '--size', 'medium'],
    ['sweep', 'swarm', '--seeds', '1', '--metric', 'x', '--until-width', ' '],
    ['sweep', 'swarm', '--seeds', '1', '--metric', 'x', '--until-width', '0x10'],
  ]
  it('refuses wrong use with one sentence and exit code 2', async () => {
    for (const args of wrong) {
      const { code, out, err } = await inProcess(...args)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.match(err, /^lodestone-sim: [^\n]+\.\n$/, args.join(' '))
    }
  })

  it('makes no folder for the report of a run that it refuses', async () => {
    await inTempFolder(async (folder) => {
      const report = join(folder, 'report')
      for (const args of [
        ['nothing'],
        ['bootstrap', '--nodes', '1'],
        ['bootstrap', '--seed', 'one'],
        ['bootstrap', '--nodes', '20', '--dump', 'node=21'],
        ['bootstrap', '--nodes', '20', '--dump', 'node=0'],
        ['bootstrap', '--until', '0'],
        ['bootstrap', '--shrink', 'no-test.txt'],
      ]) {
        const { code } = await inProcess('run', ...args, '--report', report)
        assert.deepEqual([code, existsSync(report)], [2, false], args.join(' '))
      }
      assert.equal((await inProcess('all', '--only', 'nothing', '--report', report)).code, 2)
      assert.equal((await inProcess('all', '--workers', '0', '--report', report)).code, 2)
      assert.equal((await inProcess('merge', folder, '--report', report)).code, 2)
      assert.equal((await inProcess('compare', folder, folder, '--out', report)).code, 2)
      assert.equal(existsSync(report), false)
    })
  })

  it('refuses an option or a parameter that is given twice, and takes those that may be', async () => {
    for (const twice of [
      ['--seed', '1', '--seed', '2'],
      ['--size', 'small', '--size=full'],
      ['--json', '--json'],
    ]) {
      const { code, err } = await inProcess('run', 'bootstrap', ...twice)
      assert.equal(code, 2)
      assert.match(err, /^lodestone-sim: --[a-z]+ is given twice\.\n$/)
    }
    for (const twice of [
      ['run', 'bootstrap', '--set', 'nodes=8', '--set', 'nodes=9'],
      ['run', 'bootstrap', '--set', 'nodes=8', 'lookups=3', 'nodes=8'],
      ['run', 'bootstrap', '--nodes', '8', '--set', 'nodes=9'],
      ['sweep', 'bootstrap', '--seeds', '1', '--set', 'nodes=8', '--set', 'nodes=9'],
      ['sweep', 'bootstrap', '--seeds', '1', '--vary', 'nodes=8', '--vary', 'nodes=9'],
    ]) {
      const { code, err } = await inProcess(...twice)
      assert.deepEqual([code, err], [2, 'lodestone-sim: The parameter nodes is given twice.\n'])
    }
    const { code } = await inProcess(...SMALL, '--set', 'settle=60')
    assert.equal(code, 0)
  })
})
