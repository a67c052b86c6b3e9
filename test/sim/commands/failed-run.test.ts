import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Ended, simCommand } from '../../support/sim-command.ts'
import { inTempFolder } from '../../support/temp-folder.ts'

interface Told extends Ended {
  /** What was said with `--json`, by kind. */
  told(event: string): Record<string, unknown>[]
}

async function sim(...args: readonly string[]): Promise<Told> {
  const ended = await simCommand(args)
  const told = (event: string): Record<string, unknown>[] =>
    ended.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((object) => object['event'] === event)
  return { ...ended, told }
}

/** A bootstrap in small that throws at second 4. */
const THROWS = `
import { catalogue } from '${new URL('../../../sim/experiment/catalogue.ts', import.meta.url).href}'
const bootstrap = catalogue.find(({ name }) => name === 'bootstrap')
export default {
  ...bootstrap,
  name: 'throws',
  timeline: ({ world }) => [{ at: 4, act: () => { throw new Error('a mistake in a scenario') } }],
}
`

const FEW = ['--nodes', '20', '--set', 'lookups=10', 'spread=5', 'settle=20'] as const

describe('run --until', () => {
  it('stops exactly after the event, measures nothing and shows what hosts know there', async () => {
    const whole = await sim('run', 'bootstrap', ...FEW, '--json')
    const args = ['run', 'bootstrap', ...FEW, '--until', '900', '--dump', 'node=1', '--dump', 'node=7']
    const part = await sim(...args, '--json')
    assert.equal(part.code, 0, part.err)
    const [result] = part.told('result')
    assert.deepEqual([result!['events'], result!['metrics']], [900, {}])
    assert.notEqual(result!['digest'], whole.told('result')[0]!['digest'])
    const [first, other] = part.told('node')
    assert.deepEqual([first!['host'], other!['host']], [1, 7])
    const { nodes, dht } = first!['session'] as {
      nodes: { contacts: unknown[] }[]
      dht: { queriesIn: number }[]
    }
    assert.ok(nodes[0]!.contacts.length > 0 && dht[0]!.queriesIn > 0)
    const events = first!['events'] as { number: number; source: number; destination: number }[]
    assert.ok(
      events.every(({ number, source, destination }) => number <= 900 && (source === 1 || destination === 1)),
    )
    assert.match((await sim(...args)).out, /^Stopped after event 900 at /m)
  })

  it('shows progress and disk of peers', async () => {
    const args = [
      'run',
      'swarm',
      '--peers',
      '3',
      '--set',
      'length=256k',
      '--until',
      '600',
      '--dump',
      'node=2',
    ]
    const { out } = await sim(...args)
    assert.match(out, /^ {2}torrent 1: phase \w+, verified \d+, .*pieces [0-9a-f]+$/m)
    assert.match(out, /^ {2}disk: \d+ bytes of content/m)
  })

  it('says so when the run ends before', async () => {
    const { code, out } = await sim('run', 'bootstrap', ...FEW, '--until', '99999999')
    assert.equal(code, 0)
    assert.match(out, /^The run ended before event 99999999\.$/m)
  })

  it('refuses events and hosts that there are not', async () => {
    for (const wrong of [
      ['--until', '0'],
      ['--until', 'x'],
      ['--dump', '3'],
      ['--dump', 'node=21'],
      ['--dump', 'node=0'],
    ]) {
      const { code, err } = await sim('run', 'bootstrap', ...FEW, ...wrong)
      assert.equal(code, 2, wrong.join(' '))
      assert.match(err, /^lodestone-sim: [^\n]+\.\n$/)
    }
  })
})

describe('a run that throws', () => {
  it('tells the command that plays it again, and the last events', () =>
    inTempFolder(async (folder) => {
      const path = join(folder, 'throws.mjs')
      writeFileSync(path, THROWS)
      const { code, told, err } = await sim('run', path, '--nodes', '10', '--json')
      assert.equal(code, 1)
      const [failure] = told('failure')
      assert.deepEqual([failure!['kind'], failure!['error']], ['thrown', 'a mistake in a scenario'])
      assert.ok((failure!['events'] as unknown[]).length > 0)
      assert.equal(
        failure!['command'],
        // Whole: what broke may have been no event.
        `lodestone-sim run ${path} --seed 1 --set nodes=10`,
      )
      assert.match(
        err,
        /^lodestone-sim: The run broke off: a mistake in a scenario .* Run it again with: .*\n$/,
      )
      const again = await sim(...(failure!['command'] as string).split(' ').slice(1), '--json')
      assert.equal(again.told('failure')[0]!['after'], failure!['after'])
    }))

  it('is not shrunk when nothing was to go wrong', () =>
    inTempFolder(async (folder) => {
      const path = join(folder, 'throws.mjs')
      writeFileSync(path, THROWS)
      const file = join(folder, 'throws.test.mjs')
      const { code, err } = await sim('run', path, '--nodes', '10', '--shrink', file)
      assert.deepEqual([code, existsSync(file)], [1, false])
      assert.match(err, /plans no faults, so there is nothing to shrink\.\n$/)
    }))
})

/** A bootstrap whose baseline, which loses no datagram, breaks an invariant at second 4. */
const BROKEN_BASELINE = `
import { catalogue } from '${new URL('../../../sim/experiment/catalogue.ts', import.meta.url).href}'
const bootstrap = catalogue.find(({ name }) => name === 'bootstrap')
export default {
  ...bootstrap,
  name: 'held-against',
  baseline: ({ loss }) => (loss === 0 ? undefined : { loss: 0 }),
  timeline: ({ world, values }) =>
    values.loss === 0 ? [{ at: 4, act: () => { world.streams.counters.received = () => 7 } }] : [],
}
`

describe('a run whose baseline breaks an invariant', () => {
  it('fails with what broke, the seed, and the command that plays the baseline', () =>
    inTempFolder(async (folder) => {
      const path = join(folder, 'held-against.mjs')
      writeFileSync(path, BROKEN_BASELINE)
      const { code, told, err } = await sim('run', path, '--seed', '7', ...FEW, 'loss=0.1', '--json')
      assert.equal(code, 1)
      assert.match(
        err,
        /^lodestone-sim: The baseline with seed 7 ended with a violation of "received at most what was sent": /,
      )
      const [failure] = told('failure')
      const { kind, violation } = failure as { kind: string; violation: { event: number } }
      assert.deepEqual([kind, failure!['events']], ['baseline', []])
      const again = await sim(...(failure!['command'] as string).split(' ').slice(1), '--json')
      assert.deepEqual(again.told('failure')[0]!['violation'], violation)
      assert.equal(again.told('result')[0]!['events'], violation.event)
    }))
})

describe('bisect', () => {
  it('finds where two runs with reports part, and nothing where they are the same', () =>
    inTempFolder(async (folder) => {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name))
      await sim('run', 'bootstrap', ...FEW, '--report', a!)
      await sim('run', 'bootstrap', ...FEW, '--report', b!)
      await sim('run', 'bootstrap', ...FEW, '--set', 'loss=0.5', '--report', c!)
      const same = await sim('bisect', a!, b!)
      assert.deepEqual([same.code, same.out], [0, 'The runs are the same, event for event.\n'])
      const parted = await sim('bisect', a!, c!, '--json')
      assert.equal(parted.code, 1)
      const { left, right, agreed } = parted.told('bisected')[0] as Record<string, { number: number }>
      assert.equal(left!.number, agreed!.number + 1)
      assert.notDeepEqual(left, right)
    }))

  it('takes a run that was stopped at an event for one that ends there', () =>
    inTempFolder(async (folder) => {
      const [whole, part] = ['whole', 'part'].map((name) => join(folder, name))
      await sim('run', 'bootstrap', ...FEW, '--report', whole!)
      await sim('run', 'bootstrap', ...FEW, '--until', '900', '--report', part!)
      const { code, told } = await sim('bisect', whole!, part!, '--json')
      const { left, right, strayed } = told('bisected')[0]!
      assert.deepEqual([code, (left as { number: number }).number, right, strayed], [1, 901, undefined, []])
    }))

  it('says so when a report is of code that plays the run otherwise, and reports no parting then', () =>
    inTempFolder(async (folder) => {
      const [a, b] = ['a', 'b'].map((name) => join(folder, name))
      await sim('run', 'bootstrap', ...FEW, '--report', a!)
      await sim('run', 'bootstrap', ...FEW, '--set', 'loss=0.5', '--report', b!)
      const path = join(a!, 'digests.json')
      const report = JSON.parse(readFileSync(path, 'utf8')) as { code: string; digests: { rows: string[][] } }
      const rows = report.digests.rows.with(0, ['0123456789abcdef'])
      const digests = { ...report.digests, rows }
      for (const [code, why] of [
        ['of another build', /a is of other code than this: make it again/],
        [report.code, /a is of this very code, so something outside/],
        [undefined, /^$/],
      ] as const) {
        writeFileSync(path, JSON.stringify({ ...report, code, digests }))
        const strayed = await sim('bisect', a!, b!, '--json')
        assert.equal(strayed.code, 1)
        const { left, strayed: sides } = strayed.told('bisected')[0]!
        assert.deepEqual([left, sides], [undefined, [{ side: 'left', fromSecond: 0 }]])
        assert.match(strayed.err, why)
      }
    }))

  it('refuses folders without digests', () =>
    inTempFolder(async (folder) => {
      const { code, err } = await sim('bisect', folder, folder)
      assert.equal(code, 2)
      assert.match(err, /no digests\.json/)
    }))
})

describe('all', () => {
  it('runs what is asked for in its variations, leaves out what its folder holds, and writes a table', () =>
    inTempFolder(async (folder) => {
      const args = ['all', '--size', 'small', '--only', 'rarest-vs-random', '--report', folder] as const
      const first = await sim(...args, '--json')
      assert.deepEqual(first.told('all')[0]!['runs'], 2)
      const jobs = first.told('job')
      assert.deepEqual(
        // In the order in which they end.
        jobs.map(({ variation }) => JSON.stringify(variation)).toSorted(),
        ['{"picker":"1"}', '{}'],
      )
      const again = await sim(...args, '--json')
      assert.deepEqual(again.told('job'), [])
      assert.deepEqual(
        [again.code, again.told('all')[0]!['passed']],
        [first.code, first.told('all')[0]!['passed']],
      )
      const table = readFileSync(join(folder, 'results.md'), 'utf8').trimEnd().split('\n')
      assert.equal(table.length, 4)
      assert.match(
        table[3]!,
        /^\| rarest-vs-random \| picker=1 \| joined \| \w+ \| .*\(<= 0\).* \| [\d.]+ \| \d+ \| [0-9a-f]{12} \|$/,
      )
    }))
})
