import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { csvFiles } from '../../../sim/look/csv.ts'
import { html, jsonFor, scriptText } from '../../../sim/look/html.ts'
import { naming, show, showNumber } from '../../../sim/look/naming.ts'
import { courses, spreads } from '../../../sim/look/plots.ts'
import { type ReportedRun, readRuns } from '../../../sim/look/reported-run.ts'
import { writeReport } from '../../../sim/look/write-report.ts'
import { type Ended, simCommand } from '../../support/sim-command.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import { inventedRun } from './invented-run.ts'

const sim = (...args: readonly string[]): Promise<Ended> => simCommand(args)

describe('what a report writes', () => {
  it('is read again as it was', async () => {
    await inTempFolder(async (folder) => {
      const runs = [inventedRun(1), inventedRun(2)]
      writeReport(folder, runs)
      assert.deepEqual(readRuns(folder), JSON.parse(JSON.stringify(runs)))
    })
  })

  it('is refused when it is no report, or one of another version', async () => {
    await inTempFolder(async (folder) => {
      const refused = { kind: 'usage' }
      assert.throws(() => readRuns(folder), refused)
      const wrong = [
        'no json',
        'null',
        '{"version":2,"runs":[]}',
        '{"version":1,"runs":[]}',
        '{"version":1,"runs":[{}]}',
      ]
      for (const text of wrong) {
        await writeFile(join(folder, 'run.json'), text)
        assert.throws(() => readRuns(folder), refused, text)
      }
    })
  })

  it('has every value in the CSV files, with quotes where a name needs them', () => {
    const run: ReportedRun = {
      ...inventedRun(3),
      metrics: { 'a "b", c': 1.5, plain: 2 },
      samples: { line: [1, 2] },
      series: { 'x:y': [[0.5, 7]] },
      flows: [{ from: 'a\nb', to: 'c', datagrams: 3, bytes: 4 }],
    }
    const files = csvFiles([run, { ...run, seed: 4, samples: {} }])
    const metrics =
      'run,scenario,seed,metric,value\r\nA,invented,3,"a ""b"", c",1.5\r\nA,invented,3,plain,2\r\n' +
      'B,invented,4,"a ""b"", c",1.5\r\nB,invented,4,plain,2\r\n'
    assert.equal(files['metrics.csv'], metrics)
    assert.equal(files['samples.csv'], 'run,sample,value\r\nA,line,1\r\nA,line,2\r\n')
    assert.equal(files['series.csv'], 'run,series,seconds,value\r\nA,x:y,0.5,7\r\nB,x:y,0.5,7\r\n')
    assert.equal(files['flows.csv'], 'run,from,to,datagrams,bytes\r\nA,"a\nb",c,3,4\r\nB,"a\nb",c,3,4\r\n')
  })

  it('lets no text out of the place where it stands', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>&"\'/!-sSa') }), (text) => {
        assert.doesNotMatch(html`${text}`.text, /[<>"']/)
        const json = jsonFor({ [text]: text }).text
        assert.doesNotMatch(json, /</)
        assert.deepEqual(JSON.parse(json), { [text]: text })
        assert.doesNotMatch(scriptText(`a</ScRiPt>b<!--${text}`), /<\/script|<!--/i)
      }),
    )
  })
})

describe('the words of a report', () => {
  it('come from names as scenarios give them', () => {
    const rows: readonly (readonly [name: string, value: number, words: string, shown: string])[] = [
      ['lookupMs', 412.34567, 'look-up time', '412.3 ms'],
      ['lookupMsP95', 1_234.5, 'look-up time, 95th percentile', '1 235 ms'],
      ['downloadSeconds', 61.25, 'download time', '61.25 s'],
      ['wastedShare', 0.0125, 'wasted share', '1.25 %'],
      ['nodeBytesPerSecond', 1_536, 'node traffic', '1.5 KiB/s'],
      ['linkBytes', 73_400_320, 'link bytes', '70 MiB'],
      ['datagrams', 1_234_567, 'datagrams', '1 234 567'],
      ['ratio', 0.1, 'ratio', '0.1'],
      ['events dht/no-nodes', 2, 'events dht/no-nodes', '2'],
    ]
    const spaces = (text: string): string => text.replace(/\s/g, ' ')
    for (const [name, value, words, shown] of rows) {
      const named = naming(name)
      assert.deepEqual([named.words, spaces(show(value, named))], [words, shown], name)
    }
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -1.5, 1e-7, 0].map(showNumber)
    assert.deepEqual(odd, ['no value', '∞', '−1.5', '1.00e−7', '0'])
  })

  it('say of each spread what half of it is at most', () => {
    const [spread] = spreads([{ ...inventedRun(1), samples: { joinMs: [100, 200, 300, 900] } }])
    assert.equal(spread?.title.replace(/\s/g, ' '), 'Join time: half are at most 200 ms')
    assert.deepEqual(spread?.plot.lines[0]?.points, [
      [100, 0],
      [100, 25],
      [200, 50],
      [300, 75],
      [900, 100],
    ])
  })

  it('put series that agree up to a colon into one plot', () => {
    const shown = courses([inventedRun(1)]).map(({ plot }) => plot.lines.map(({ label }) => label))
    assert.deepEqual(shown, [['population'], ['least', 'mean', 'most'], ['stale share']])
  })
})

describe('the curves of a report', () => {
  it('have few points however many values there are, and keep every peak', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => i)
    const series = values.map((at) => [at, at === 77_777 ? 1_000 : at % 7] as const)
    const run = { ...inventedRun(1), samples: { values }, series: { peaks: series } }
    const [spread] = spreads([run])
    const [course] = courses([run])
    const points = course!.plot.lines[0]!.points
    assert.ok(spread!.plot.lines[0]!.points.length < 500)
    assert.ok(points.length < 1_300)
    assert.ok(points.some(([, value]) => value === 1_000))
    assert.deepEqual(spread!.plot.lines[0]!.points.at(-1), [99_999, 100])
    assert.ok(points.every(([at], i) => i === 0 || at > points[i - 1]![0]))
  })
})

describe('lodestone-sim run --report', () => {
  const small = ['run', 'bootstrap', '--nodes', '20', '--set', 'lookups=10', 'spread=5', 'settle=10']

  it('writes the run with what can be played again, and says where before the result', async () => {
    await inTempFolder(async (folder) => {
      const { code, out } = await sim(...small, '--report', join(folder, 'report'), '--json')
      const [report, result] = out
        .trim()
        .split('\n')
        .slice(-2)
        .map((line) => JSON.parse(line))
      assert.deepEqual([report.event, result.event], ['report', 'result'])
      assert.match(await readFile(report.page, 'utf8'), /<title>bootstrap, seed 1<\/title>/)
      const [run] = readRuns(join(folder, 'report'))
      assert.equal(run?.digest, result.digest)
      assert.equal(run?.passed, code === 0)
      assert.ok(run!.playback!.hops.length > 0 && run!.flows.length > 0)
      assert.match(run!.command!, /^lodestone-sim run bootstrap --seed 1 --set nodes=20/)
    })
  })

  it('refuses a folder that cannot be made, before anything runs', async () => {
    await inTempFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '')
      const { code, out } = await sim(...small, '--report', join(folder, 'file', 'below'))
      assert.deepEqual([code, out], [2, ''])
    })
  })
})

describe('lodestone-sim compare', () => {
  it('writes one page about two reports, and says whether the runs differ', async () => {
    await inTempFolder(async (folder) => {
      const [a, b, out] = ['a', 'b', 'out'].map((name) => join(folder, name)) as [string, string, string]
      writeReport(a, [inventedRun(1)])
      writeReport(b, [inventedRun(2, 1.4)])
      const { code, out: said, err } = await sim('compare', a, b, '-o', out)
      assert.deepEqual([code, err], [0, ''])
      assert.match(said, /^The runs differ, in 1 of 4 metrics\.$/m)
      assert.match(await readFile(join(out, 'index.html'), 'utf8'), /two runs compared/)
      assert.deepEqual(
        readRuns(out).map(({ seed }) => seed),
        [1, 2],
      )
      const same = await sim('compare', a, a, '--out', join(folder, 'deep', 'er'), '--json')
      const { event, same: equal, differing } = JSON.parse(same.out)
      assert.deepEqual([event, equal, differing], ['compared', true, []])
    })
  })

  it('refuses folders without a report of one run, and complains when the page cannot be written', async () => {
    await inTempFolder(async (folder) => {
      const [a, many] = [join(folder, 'a'), join(folder, 'many')]
      writeReport(a, [inventedRun(1)])
      writeReport(many, [inventedRun(1), inventedRun(2)])
      for (const other of [join(folder, 'nothing'), many]) {
        const { code, err } = await sim('compare', a, other, '-o', join(folder, 'out'))
        assert.equal(code, 2)
        assert.match(err, /^lodestone-sim: [^\n]+\.\n$/)
      }
      await mkdir(join(folder, 'out', 'index.html'), { recursive: true })
      await writeFile(join(folder, 'out', 'file'), '')
      // What can never be a folder is wrong use; a page that cannot be written there is not.
      for (const [out, exit] of [
        [join(folder, 'out', 'file'), 2],
        [join(folder, 'out'), 1],
      ] as const) {
        const { code, err } = await sim('compare', a, a, '-o', out)
        assert.equal(code, exit, out)
        assert.match(err, /cannot be (?:made or )?written/)
      }
    })
  })
})
