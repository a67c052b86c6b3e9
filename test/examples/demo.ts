/**
 * The main job without any outside network: a small DHT of our own nodes on loopback, one of which serves a folder; the
 * real command downloads it by its magnet link. Ends with the comparison of every byte. Ctrl-C leaves early.
 */

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open as openFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { watchSignals } from '../../src/cli/stopping.ts'
import * as library from '../../src/index.ts'
import { PrivateNetwork } from './private-network.ts'

const MIB = 2 ** 20
/** Several files, one of them empty, one smaller than a piece, names that are not plain ASCII. */
const FILES: readonly (readonly [name: string, length: number])[] = [
  ['a large file.bin', 48 * MIB],
  ['größer als nichts.bin', 16 * MIB],
  ['small.txt', 1000],
  ['empty.txt', 0],
]

/** Slow enough to be watched, fast enough not to be waited for. */
const RATE = '20M'

async function makeContent(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, length] of FILES) {
    const file = await openFile(join(folder, name), 'w')
    for (let at = 0; at < length; at += MIB) await file.write(randomBytes(Math.min(MIB, length - at)))
    await file.close()
  }
}

/** The names of the files that differ. */
async function differences(a: string, b: string): Promise<string[]> {
  const different: string[] = []
  for (const [name, length] of FILES) {
    if (!(await equalFiles(join(a, name), join(b, name), length))) different.push(name)
  }
  return different
}

async function equalFiles(a: string, b: string, length: number): Promise<boolean> {
  const [left, right] = await Promise.all([openFile(a), openFile(b)])
  try {
    for (const file of [left, right]) if ((await file.stat()).size !== length) return false
    const [one, other] = [Buffer.alloc(MIB), Buffer.alloc(MIB)]
    for (let at = 0; at < length; at += MIB) {
      const { bytesRead } = await left.read(one, 0, MIB, at)
      await right.read(other, 0, MIB, at)
      if (!one.subarray(0, bytesRead).equals(other.subarray(0, bytesRead))) return false
    }
    return true
  } finally {
    await Promise.all([left.close(), right.close()])
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms)
  return () => clearInterval(timer)
}

async function show(network: PrivateNetwork, home: string, stop: AbortSignal): Promise<number> {
  const content = join(home, 'served', 'demo content')
  await makeContent(content)
  const { magnet } = await network.seed(content, join(home, 'served'))
  const out = join(home, 'downloads')
  await mkdir(out)
  say(`$ lodestone download '${magnet}' --out downloads`)
  const { stdout, stderr, env } = process
  const args = ['download', magnet, '--out', out, '--download-limit', RATE, '--state', join(home, 'state')]
  const net = ['--bind', '127.0.0.1', '--port', '0', '--bootstrap', network.entry]
  const now = (): number => performance.now()
  const code = await run([...args, ...net], COMMANDS, {
    stdout,
    stderr,
    env,
    now,
    every,
    stop,
    library,
    version: '',
  })
  if (code !== 0) return code
  const different = await differences(content, join(out, 'demo content'))
  say(
    different.length === 0
      ? `Compared byte for byte: all ${(await readdir(content)).length} files are equal.`
      : `These files differ: ${different.join(', ')}`,
  )
  return different.length === 0 ? 0 : 1
}

async function demo(stop: AbortSignal): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'lodestone-demo-'))
  try {
    say('Starting five DHT nodes on loopback; one of them will serve a folder of 64 MiB.')
    const network = await PrivateNetwork.start(5)
    try {
      return await show(network, home, stop)
    } finally {
      await network.stop()
    }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const stop = new AbortController()
watchSignals(process, stop, (code) => process.exit(code))
process.exitCode = await demo(stop.signal)
