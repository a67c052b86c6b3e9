import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { catalogue } from '../../../sim/experiment/catalogue.ts'
import { resolveValues } from '../../../sim/experiment/parameters.ts'
import { runScenario } from '../../../sim/experiment/run-scenario.ts'
import type { ReportedRun } from '../../../sim/look/reported-run.ts'
import { writeReport } from '../../../sim/look/write-report.ts'
import { Browser, type OpenPage } from '../../support/browser.ts'
import { skipBrowser } from '../../support/foreign-programs.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import { inventedRun } from './invented-run.ts'

interface Drawing {
  readonly name: string
  /** Pixels that are clearly of a colour: lines, nodes, pieces, but neither axes nor words. */
  readonly coloured: number
  readonly fingerprint: number
}

// Text, because a function would come with what the loader of the tests puts into it.
const DRAWINGS = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { width, height } = canvas
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  copy.drawImage(canvas, 0, 0)
  const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer)
  let [coloured, fingerprint] = [0, 0]
  for (let at = 0; at < pixels.length; at++) {
    const pixel = pixels[at]
    const [red, green, blue] = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]
    if (pixel >>> 24 > 127 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured += 1
    fingerprint = (Math.imul(fingerprint, 31) + pixel) | 0
  }
  return { name: canvas.id || canvas.className, coloured, fingerprint }
})`

const SEEK = (share: number): string => `{
  const slider = document.querySelector('.time')
  slider.value = '${share}'
  slider.dispatchEvent(new Event('input'))
}`

/** Resolves with the frame in which `condition` holds; the page's policy forbids the browser driver's own way. */
const WHEN = (condition: string): string => `new Promise((resolve) => {
  const look = () => (${condition} ? resolve() : requestAnimationFrame(look))
  look()
})`

async function drawings({ page }: OpenPage): Promise<Drawing[]> {
  return page.evaluate<Drawing[]>(DRAWINGS)
}

function assertQuiet({ complaints, requests }: OpenPage): void {
  assert.deepEqual(complaints, [])
  assert.deepEqual(requests, [])
}

describe('a report page in a browser', { skip: skipBrowser, timeout: 120_000 }, () => {
  let browser: Browser
  before(async () => {
    browser = await Browser.start()
  })
  after(() => browser.close())

  /** Writes a report and opens it. */
  async function opened(
    runs: readonly ReportedRun[],
    look: (open: OpenPage) => Promise<void>,
    { width = 1280, colours = 'light' }: { width?: number; colours?: 'light' | 'dark' } = {},
  ): Promise<void> {
    await inTempFolder(async (folder) => look(await browser.open(writeReport(folder, runs), width, colours)))
  }

  it('shows a real run: its verdict, its checks, and a curve of everything that was counted', async () => {
    const scenario = catalogue.find(({ name }) => name === 'bootstrap')!
    const given = new Map(Object.entries({ nodes: '60', lookups: '50', spread: '10', settle: '60' }))
    const result = runScenario(scenario, 7, resolveValues(scenario, given))
    await opened([result], async (open) => {
      assertQuiet(open)
      assert.match(await open.page.innerText('header'), new RegExp(result.digest))
      const checks = await open.page.innerText('#checks')
      for (const { name } of result.checks) assert.ok(checks.includes(name), name)
      const plots = (await drawings(open)).filter(({ name }) => name.startsWith('spread-'))
      assert.equal(plots.length, Object.keys(result.samples).length)
      for (const { name, coloured } of plots) assert.ok(coloured > 200, `${name} has ${coloured} pixels`)
    })
  })

  it('draws every plot, by light on a desk and by dark on a telephone, and nothing is too wide', async () => {
    for (const [width, colours] of [
      [1280, 'light'],
      [400, 'dark'],
    ] as const) {
      await opened(
        [inventedRun(1)],
        async (open) => {
          assertQuiet(open)
          await open.page.evaluate(SEEK(0.5))
          const drawn = await drawings(open)
          assert.equal(drawn.length, 5 + 3 + 2)
          for (const { name, coloured } of drawn) {
            assert.ok(coloured > 60, `${name} has ${coloured} pixels at ${width}, ${colours}`)
          }
          assert.equal(await open.page.evaluate<number>('document.documentElement.scrollWidth'), width)
        },
        { width, colours },
      )
    }
  })

  it('draws anew when the reader changes to dark', async () => {
    await opened([inventedRun(1)], async (open) => {
      const before = await drawings(open)
      await open.page.emulateMedia({ colorScheme: 'dark' })
      await open.page.evaluate(
        'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
      )
      for (const [i, { name, fingerprint }] of (await drawings(open)).entries()) {
        assert.notEqual(fingerprint, before[i]!.fingerprint, name)
      }
      assertQuiet(open)
    })
  })

  it('plays a run: time goes on, nodes come up, pieces spread, and going back takes them away again', async () => {
    await opened([inventedRun(1)], async (open) => {
      const { page } = open
      const of = (drawn: readonly Drawing[], name: string): Drawing => drawn.find((one) => one.name === name)!
      const at0 = await drawings(open)
      await page.click('.play')
      await page.evaluate(WHEN("document.querySelector('.time').value > 0.03"))
      await page.click('.play')
      const words = await page.innerText('.words')
      assert.notEqual(of(await drawings(open), 'ring').fingerprint, of(at0, 'ring').fingerprint)
      assert.doesNotMatch(words, /; 0 of 48 hosts up/)
      await page.evaluate(SEEK(1))
      assert.match(await page.innerText('.words'), /44 of 48 hosts up; .* 100\.0 % of the pieces/)
      assert.ok(of(await drawings(open), 'pieces').coloured > 5 * of(at0, 'pieces').coloured)
      await page.evaluate(SEEK(0))
      assert.deepEqual(await drawings(open), at0)
      assertQuiet(open)
    })
  })

  it('follows one look-up from its first message to its end', async () => {
    await opened([inventedRun(1)], async (open) => {
      const { page } = open
      await page.selectOption('.walk', '3')
      assert.match(await page.innerText('.words'), /^100\.00 s; .* 1 asked, 0 answered, 0 silent/)
      const begun = await drawings(open)
      await page.selectOption('.speed', '2')
      await page.click('.play')
      await page.evaluate(WHEN("document.querySelector('.play').textContent === 'Play'"))
      assert.match(await page.innerText('.words'), /^102\.\d+ s; .* 9 asked, 7 answered, 2 silent/)
      assert.notDeepEqual(await drawings(open), begun)
      assertQuiet(open)
    })
  })

  it('lays two runs over each other, and lists how their figures differ', async () => {
    await opened([inventedRun(1), inventedRun(2, 1.4)], async (open) => {
      assertQuiet(open)
      assert.match(await open.page.innerText('#metrics'), /180\sms\s+252\sms\s+\+72\sms\s+\+40 %/)
      const alone: Drawing[] = []
      await opened([inventedRun(1)], async (single) => {
        alone.push(...(await drawings(single)))
      })
      const both = (await drawings(open)).find(({ name }) => name === 'spread-0')!
      assert.ok(both.coloured > 1.4 * alone.find(({ name }) => name === 'spread-0')!.coloured)
    })
  })

  it('shows the figures of many runs over what differs between them', async () => {
    const runs = Array.from({ length: 12 }, (_, i) => inventedRun(i + 1, 1 + i / 10))
    await opened(runs, async (open) => {
      assertQuiet(open)
      assert.match(await open.page.innerText('#checks'), /copies that the seed sent.*held in 0 of 12/s)
      const plots = (await drawings(open)).filter(({ name }) => name.startsWith('scatter-'))
      assert.equal(plots.length, Object.keys(runs[0]!.metrics).length)
      for (const { name, coloured } of plots) assert.ok(coloured > 100, `${name} has ${coloured} pixels`)
    })
  })

  it('takes names from other people as words, whatever they hold', async () => {
    const hostile = [
      '</script><script>document.title = "taken"</script>',
      '<img src="https://example.org/x" onerror="document.title=\'taken\'">',
      '<!--<script>',
      '"><svg onload=alert(1)>',
      "'; document.title = 'taken'; //",
      '\u2028\u2029`',
      '__proto__',
    ]
    const run = inventedRun(1)
    const named = <T>(value: T): Record<string, T> => Object.fromEntries(hostile.map((name) => [name, value]))
    const evil: ReportedRun = {
      ...run,
      scenario: hostile[0]!,
      command: hostile[1]!,
      values: named(1),
      metrics: named(2),
      samples: named([1, 2, 3]),
      series: named([
        [0, 1],
        [1, 2],
      ]),
      checks: hostile.map((name) => ({ name, pass: true, value: 1, bound: name })),
      pending: hostile.map((name) => ({ name, pass: true, value: 1, bound: name, waitsFor: name })),
      flows: hostile.map((from, i) => ({ from, to: hostile.at(-1 - i)!, datagrams: 1, bytes: 1 })),
      playback: {
        ...run.playback!,
        hosts: run.playback!.hosts.map((host, i) => ({ ...host, group: hostile[i % 7]! })),
      },
    }
    await opened([evil], async (open) => {
      assertQuiet(open)
      assert.equal(await open.page.title(), `${hostile[0]}, seed 1`)
      assert.equal(await open.page.locator('img, svg').count(), 0)
      assert.equal(await open.page.locator('script').count(), 3)
      const checks = await open.page.innerText('#checks')
      for (const name of hostile.slice(0, 5)) assert.ok(checks.includes(name), name)
      await open.page.evaluate(SEEK(0.5))
      for (const { name, coloured } of await drawings(open)) assert.ok(coloured > 10, name)
    })
  })

  it('is one file that names no other address, with the figures beside it', async () => {
    await inTempFolder(async (folder) => {
      const text = readFileSync(writeReport(folder, [inventedRun(1)]), 'utf8')
      const files = ['flows.csv', 'index.html', 'metrics.csv', 'run.json', 'samples.csv', 'series.csv']
      assert.deepEqual(readdirSync(folder).toSorted(), files)
      assert.doesNotMatch(text, /<(?:link|img|iframe|script)[^>]+(?:src|href)="(?!data:,)/)
      for (const name of files) assert.ok(readFileSync(join(folder, name)).length > 0)
    })
  })
})
