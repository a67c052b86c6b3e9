import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { Progress, progressLine } from '../../../sim/commands/progress.ts'
import { Terminal } from '../../../sim/commands/terminal.ts'
import { SECOND } from '../../../src/core/time.ts'

/** A terminal whose time is told by the test. */
function terminalAt(
  json: boolean,
  screen?: NodeJS.WriteStream,
): { terminal: Terminal; out: () => string; pass(ms: number): void } {
  let [out, at] = ['', 0]
  const streams = {
    out: (text: string) => {
      out += text
    },
    err: () => {},
  }
  const terminal = new Terminal(json, screen === undefined ? streams : { ...streams, screen })
  Object.defineProperty(terminal, 'at', { get: () => at })
  return {
    terminal,
    out: () => out,
    pass: (ms) => {
      at += ms
    },
  }
}

describe('the progress of a run', () => {
  it('is a line each second with both times, the rate since the line before, and memory', () => {
    const { terminal, out, pass } = terminalAt(false)
    const progress = new Progress(terminal)
    progress.tick(10 * SECOND, 1_000, 'too early')
    pass(1_000)
    progress.tick(60 * SECOND, 2_000_000, 'half')
    pass(500)
    progress.tick(70 * SECOND, 2_500_000, 'too early again')
    pass(1_500)
    progress.tick(90 * SECOND, 3_000_000, 'done')
    progress.end()
    const lines = out()
      .replaceAll(/\d+ MiB/g, 'M')
      .split('\n')
    assert.deepEqual(lines, [
      '60 s of virtual time in 1 s, 2,000,000 events a second, M: half',
      '90 s of virtual time in 3 s, 500,000 events a second, M: done',
      '',
    ])
  })

  it('is objects of the same figures with --json, and nothing else', () => {
    const { terminal, out, pass } = terminalAt(true)
    const progress = new Progress(terminal)
    pass(2_000)
    progress.tick(5 * SECOND, 100, 'words')
    progress.end()
    const { rss, ...rest } = JSON.parse(out())
    assert.ok(rss > 2 ** 20)
    const expected = {
      event: 'progress',
      at: 2_000,
      virtualMs: 5_000,
      wallMs: 2_000,
      events: 100,
      eventsPerSecond: 50,
      text: 'words',
    }
    assert.deepEqual(rest, expected)
  })

  it('is drawn in place on a terminal, within its width, and leaves nothing there', () => {
    const stream = new PassThrough()
    const screen = Object.assign(stream, { columns: 40 }) as unknown as NodeJS.WriteStream
    const { terminal, out, pass } = terminalAt(false, screen)
    const progress = new Progress(terminal)
    pass(1_000)
    progress.tick(SECOND, 10, 'a scenario with many words about itself')
    const drawn = stripVTControlCharacters(String(stream.read())).trim()
    assert.equal(drawn.length, 39)
    assert.equal(
      drawn,
      progressLine({
        virtualMs: 1_000,
        wallMs: 1_000,
        events: 10,
        eventsPerSecond: 10,
        rss: 0,
        text: '',
      }).slice(0, 39),
    )
    progress.end()
    assert.equal(stripVTControlCharacters(String(stream.read() ?? '')).trim(), '')
    assert.equal(out(), '')
  })
})
