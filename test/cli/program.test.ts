import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createTorrent, saveTorrent } from '../../src/index.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lodestone-cli-'))
})
after(() => rm(folder, { recursive: true, force: true }))

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

const PROGRAM = ['--import', 'tsx', 'src/cli/main.ts']

function lodestone(...args: string[]): Run {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes) => (stdout += bytes))
  child.stderr.on('data', (bytes) => (stderr += bytes))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { child, ended }
}

const lonely = (): string[] => {
  const place = [
    '--bind',
    '127.0.0.1',
    '--port',
    '0',
    '--bootstrap',
    'none',
    '--state',
    join(folder, 'state'),
  ]
  return ['node', '--json', ...place]
}

describe('the program', () => {
  it('knows its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    const { code, stdout } = await lodestone('--version').ended
    assert.deepEqual([code, stdout], [0, `${version}\n`])
  })

  it('leaves wrong use with 2', async () => {
    const { code, stdout, stderr } = await lodestone('node', '--port', 'abc').ended
    assert.deepEqual([code, stdout], [2, ''])
    assert.equal(stderr, 'lodestone: --port abc: give a whole number from 0 to 65535.\n')
  })

  it('leaves what is in the way as it is, and a choice of files that are not there, with 2', async () => {
    const content = join(folder, 'in the way')
    await writeFile(content, 'x'.repeat(30_000))
    const torrent = join(folder, 'in the way.torrent')
    await saveTorrent(torrent, (await createTorrent(content)).bytes)
    await writeFile(content, 'precious')
    const taken = join(folder, 'taken')
    await mkdir(join(taken, 'in the way'), { recursive: true })
    const place = ['--bind', '127.0.0.1', '--port', '0', '--no-dht', '--no-lsd', '--state', join(folder, 's')]
    for (const [out, sentence, ...more] of [
      [folder, /^lodestone: Something else lies under the names of in the way in [^\n]*\n$/],
      [taken, /^lodestone: A folder stands where a file should be: [^\n]*\n$/, '--overwrite'],
    ] as const) {
      const { code, stderr } = await lodestone('download', torrent, '--out', out, ...place, ...more).ended
      assert.deepEqual([code, await readFile(content, 'utf8')], [2, 'precious'], stderr)
      assert.match(stderr, sentence)
    }
    const absent = await lodestone('download', torrent, '--out', taken, '--select', '0,1', ...place).ended
    assert.deepEqual([absent.code, absent.stdout.includes('Failed')], [2, false])
    assert.equal(absent.stderr, 'lodestone: There is no file 1: the torrent has 1, counted from 0.\n')
  })

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`leaves with ${expected} on ${signal}, stopped being its last line`, async () => {
      const { child, ended } = lodestone(...lonely())
      await once(child.stdout!, 'data')
      child.kill(signal)
      const { code, stdout, stderr } = await ended
      assert.deepEqual([code, stderr], [expected, ''])
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      assert.equal(events[0]?.['event'], 'listening')
      assert.equal(events.at(-1)?.['event'], 'stopped')
    })
  }

  it('fails when its output is lost on a full disk', {
    skip: existsSync('/dev/full') ? false : 'needs /dev/full',
  }, () => {
    const full = openSync('/dev/full', 'w')
    try {
      const { status, stderr } = spawnSync(process.execPath, [...PROGRAM, '--version'], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      })
      assert.equal(status, 1)
      assert.match(stderr, /^lodestone: Standard output could not be written[^\n]*\n$/)
    } finally {
      closeSync(full)
    }
  })

  it('refuses FIFOs where files are to be, at once', {
    skip: process.platform === 'win32' ? 'needs mkfifo' : false,
  }, async () => {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    for (const option of ['--config', '--record']) {
      const { code, stderr } = await lodestone(...lonely(), option, fifo).ended
      assert.equal(code, 2, stderr)
      assert.match(stderr, /is not an ordinary file/)
    }
  })

  it('ends when nobody reads its output any more', async () => {
    const { child, ended } = lodestone(...lonely())
    child.stdout!.destroy()
    const { code, stderr } = await ended
    assert.equal(code, 1)
    assert.match(stderr, /^lodestone: Nobody reads the output any more[^\n]*\n$/)
  })
})
