import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogLevel } from '../../src/cli/common-options.ts'
import { openOutput } from '../../src/cli/open-output.ts'
import type { Output, Status } from '../../src/cli/output.ts'
import { statusLine, viewLines } from '../../src/cli/view.ts'

const DOWNLOADING: Status = {
  title: 'some name',
  phase: 'downloading',
  why: '',
  verified: 700 * 2 ** 20,
  total: 2 ** 30,
  down: 12 * 2 ** 20,
  up: 2 ** 18,
  peers: 23,
  encrypted: 20,
  utp: 4,
  punched: 1,
  uploaded: 2 ** 20,
  checked: 1,
}

const unpainted = (_style: string, text: string): string => text

describe('the live view', () => {
  const cases: readonly [what: string, status: Partial<Status>, lines: readonly string[]][] = [
    [
      'a download under way has a bar, amounts, rates, peers and the time left',
      {},
      [
        'some name',
        'Downloading  ████████████████████░░░░░░░░░░  68.3 %',
        '700 MiB of 1 GiB · down 12 MiB/s · up 256 KiB/s · 23 peers · 27 s left',
      ],
    ],
    [
      'one that stands still says why',
      { down: 0, up: 0, peers: 1, why: 'the only peer is choking us' },
      [
        'some name',
        'Downloading  ████████████████████░░░░░░░░░░  68.3 %',
        '700 MiB of 1 GiB · down 0 B/s · 1 peer',
        'The only peer is choking us.',
      ],
    ],
    [
      'before the metadata there is no bar',
      { phase: 'looking-up', total: null, verified: 0, down: 0, up: 0, peers: 0, why: 'no peers yet' },
      ['some name', 'Looking for peers', '0 peers', 'No peers yet.'],
    ],
    [
      'the check of what is on disk has its own bar',
      { phase: 'checking', checked: 0.5 },
      ['some name', 'Checking what is on disk  ███████████████░░░░░░░░░░░░░░░  50.0 %'],
    ],
    [
      'seeding counts what went out',
      { phase: 'seeding', verified: 2 ** 30, down: 0 },
      ['some name', 'Seeding', 'uploaded 1 MiB · up 256 KiB/s · 23 peers'],
    ],
    ['what has failed is no share of anything', { phase: 'failed', total: 0 }, ['some name', 'Failed']],
    [
      'hashing has a bar and no peers',
      { phase: 'hashing', verified: 2 ** 28 },
      ['some name', 'Hashing  ███████░░░░░░░░░░░░░░░░░░░░░░░  25.0 %', '256 MiB of 1 GiB'],
    ],
    [
      'a whole is said of what is whole alone',
      { verified: 2 ** 30 - 1, down: 0, up: 0 },
      [
        'some name',
        'Downloading  █████████████████████████████░  99.9 %',
        '1 GiB of 1 GiB · down 0 B/s · 23 peers',
      ],
    ],
    [
      'an empty torrent is whole from the start',
      { verified: 0, total: 0, down: 0, up: 0 },
      [
        'some name',
        'Downloading  ██████████████████████████████  100.0 %',
        '0 B of 0 B · down 0 B/s · 23 peers',
      ],
    ],
  ]
  for (const [what, status, lines] of cases) {
    it(what, () => assert.deepEqual(viewLines({ ...DOWNLOADING, ...status }, 80, unpainted), lines))
  }

  it('fits a narrow terminal, whatever its width', () => {
    for (let width = 1; width < 90; width++) {
      const status = { ...DOWNLOADING, title: 'a long name '.repeat(20), why: 'nobody has it '.repeat(20) }
      for (const line of viewLines(status, width, unpainted)) assert.ok([...line].length <= width, line)
    }
  })

  it('shows a name from a stranger without its escape sequences', () => {
    const [title] = viewLines({ ...DOWNLOADING, title: 'a\u001b[31m\nb' }, 80, unpainted)
    assert.equal(title, 'a[31mb')
  })

  it('has a form in one line', () => {
    assert.equal(
      statusLine({ ...DOWNLOADING, why: 'all peers are choking us' }),
      'Downloading 68.3 % · 700 MiB of 1 GiB · down 12 MiB/s · up 256 KiB/s · 23 peers · 27 s left (all peers are choking us)',
    )
  })
})

interface Screen {
  readonly output: Output
  readonly clock: { at: number }
  stdout: string
  stderr: string
}

function screen(
  kind: 'json' | 'plain' | 'terminal',
  level: LogLevel = 'info',
  env: Record<string, string> = {},
): Screen {
  const clock = { at: 0 }
  const init = {
    stdout: { write: (text: string) => (made.stdout += text), isTTY: kind === 'terminal', columns: 80 },
    stderr: { write: (text: string) => (made.stderr += text) },
    level,
    now: () => clock.at,
  }
  const made: Screen = { output: openOutput(init, kind === 'json', env), clock, stdout: '', stderr: '' }
  return made
}

const READY = { event: 'ready', nodes: 1, ms: 2 } as const

describe('JSON lines', () => {
  it('start with event and at, and repeat no progress that did not change', () => {
    const made = screen('json')
    made.clock.at = 12.6
    made.output.tell(READY, 'text for people')
    made.output.status(DOWNLOADING)
    made.output.status({ ...DOWNLOADING, why: 'not part of the line' })
    made.output.status({ ...DOWNLOADING, peers: 24 })
    const lines = made.stdout.trimEnd().split('\n')
    assert.equal(lines[0], '{"event":"ready","at":13,"nodes":1,"ms":2}')
    assert.equal(
      lines[1],
      '{"event":"progress","at":13,"verified":734003200,"total":1073741824,"down":12582912,"up":262144,"peers":23,"encrypted":20,"utp":4,"punched":1,"uploaded":1048576}',
    )
    assert.equal(lines.length, 3)
    assert.equal(made.stderr, '')
  })
})

describe('plain lines', () => {
  it('tell a phase when it begins and every five seconds, without escape sequences', () => {
    const made = screen('plain')
    for (made.clock.at = 0; made.clock.at < 11_000; made.clock.at += 250) made.output.status(DOWNLOADING)
    assert.equal(made.stdout.trimEnd().split('\n').length, 3)
    made.output.status({ ...DOWNLOADING, why: 'the disk is full' })
    assert.match(made.stdout, /\(the disk is full\)\n$/)
    assert.ok(!made.stdout.includes('\u001b'))
  })

  it('below info are results alone', () => {
    const made = screen('plain', 'error')
    made.output.tell(READY, 'something happened')
    made.output.status(DOWNLOADING)
    made.output.answer(READY, 'a result', 'of two lines')
    made.output.log('warn', 'a warning')
    made.output.log('error', 'an error')
    assert.equal(made.stdout, 'a result\nof two lines\n')
    assert.equal(made.stderr, 'an error\n')
  })

  it('serve a terminal that cannot move its cursor, too', () => {
    const made = screen('terminal', 'info', { TERM: 'dumb' })
    made.output.status(DOWNLOADING)
    assert.ok(!made.stdout.includes('\u001b'))
  })
})

describe('the display on a terminal', () => {
  const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`)

  it('draws the view in colour, and without when NO_COLOR is set', () => {
    const coloured = screen('terminal')
    coloured.output.status(DOWNLOADING)
    coloured.output.close()
    assert.match(coloured.stdout, colour)
    const plain = screen('terminal', 'info', { NO_COLOR: '1' })
    plain.output.status(DOWNLOADING)
    plain.output.close()
    assert.doesNotMatch(plain.stdout, colour)
    assert.match(plain.stdout, /68\.3 %/)
  })

  it('puts what happened above the view and draws the view again', () => {
    const made = screen('terminal', 'info', { NO_COLOR: '1' })
    made.output.status(DOWNLOADING)
    made.stdout = ''
    made.output.tell(READY, 'in the DHT')
    made.output.close()
    const at = made.stdout.indexOf('in the DHT\n')
    assert.ok(at > 0)
    assert.ok(made.stdout.indexOf('Downloading') > at)
    assert.equal(made.stdout.lastIndexOf('Downloading'), made.stdout.indexOf('Downloading'))
  })

  it('lets a result take the place of the view', () => {
    const made = screen('terminal', 'info', { NO_COLOR: '1' })
    made.output.status(DOWNLOADING)
    made.stdout = ''
    made.output.answer(READY, 'done')
    made.output.close()
    assert.ok(made.stdout.endsWith('done\n'))
    assert.doesNotMatch(made.stdout, /Downloading/)
  })

  it('shows no view below info', () => {
    const made = screen('terminal', 'warn')
    made.output.status(DOWNLOADING)
    made.output.close()
    assert.equal(made.stdout, '')
  })
})
