/**
 * `npm run siege [-- --rate 10000 --peers 100 --length 768 --time 15 --side all]` (MiB; `seed`, `download`, `places`): a seed, then a download, under
 * that many connections a second from one address, slow-loris peers and peers that never read. An honest transfer limited to 50 MiB/s keeps its
 * rate, a new peer's handshake is answered in time, memory stays within its budget. Needs network namespaces (Linux). Ends with 0 when all
 * of that held; last, a seed all of whose places one address holds with silent connections: a newcomer is served in seconds. The besieged process has a core of its own, the besiegers have another.
 */
import { rm } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writeNoise } from '../support/content.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram, OUR_COMMAND } from '../support/lodestone.ts'
import type { Program } from '../support/program.ts'
import { pinned, python } from './commands.ts'
import { warmFile } from './machine.ts'
import { ProcessWatch } from './process-watch.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    peers: { type: 'string', default: '100' },
    length: { type: 'string', default: '768' },
    time: { type: 'string', default: '15' },
    side: { type: 'string', default: 'all' },
    profile: { type: 'string' },
  },
})

const HERE = join(import.meta.dirname, 'siege')
const MIB = 1024 * 1024
const LENGTH = Number(values.length) * MIB
/** The besieged process, and the honest one on its other side. */
const BESIEGED = '198.18.0.1'
const HONEST = '198.18.0.2'
const FLOODER = '198.18.1.1'
/** Never served before: who was waits behind those that were not. */
const NEWCOMER = '198.18.0.3'
/** In a private network an address may have any number of connections. */
const HOLDER = '10.18.0.1'
const HOLDERS = 400
const PORT = 6881
const BESIEGED_CORE = '0'
const OTHER_CORE = '1'
const TIMEOUT_MS = 120_000
/** A round of choking, and a half. */
const MOST_WAIT_S = 15
/** Until they have all places. */
const HOLD_MS = 5_000
/** `--memory`, and what the process may take beyond it. */
const MOST_MIB = 64 + 80
const LEAST_SHARE = 0.8
const MOST_MS = 1_000

interface Flood {
  readonly rate: number
  readonly failed: number
}

interface Calls {
  readonly calls: number
  readonly refused: number
  readonly p50: number
  readonly p99: number
  readonly most: number
}

const held: boolean[] = []

function check(what: string, holds: boolean, figures: string): void {
  held.push(holds)
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}: ${figures}`)
}

class Siege {
  readonly #lab: Laboratory
  readonly #torrent: string
  readonly #infoHash: string
  #states = 0

  constructor(lab: Laboratory, torrent: string, infoHash: string) {
    this.#lab = lab
    this.#torrent = torrent
    this.#infoHash = infoHash
  }

  /** On its own core, without its profile unless one is asked for. */
  async #lodestone(host: string, args: readonly string[]): Promise<Program> {
    const state = await this.#lab.room(`state ${++this.#states}`)
    const besieged = host === BESIEGED
    const profile = values.profile !== undefined && besieged
    const node = [process.execPath, ...(profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile!] : [])]
    const network = ['--bind', host, '--port', String(PORT), '--no-dht', '--no-lsd', '--state', state]
    // Of a download three tenths of the places are for those that it dials.
    if (args[0] === 'download') network.push('--max-peers', '300')
    const command = [...node, OUR_COMMAND, ...args, ...network, '--json']
    const name = `lodestone ${args[0]} at ${host}`
    return this.#lab.start(name, besieged ? pinned(BESIEGED_CORE, command) : command)
  }

  async seed(host: string): Promise<Program> {
    const program = await this.#lodestone(host, ['seed', this.#torrent, '--out', this.#lab.folder])
    await program.line('seeding', isEvent('seeding'), TIMEOUT_MS)
    return program
  }

  /** Seconds until a download is done, from when it was started. */
  async download(host: string, from: string, begun: (program: Program) => Promise<void>): Promise<number> {
    const out = await this.#lab.room('out')
    const peer = ['--peer', `${from}:${PORT}`, '--download-limit', '50M']
    const program = await this.#lodestone(host, ['download', this.#torrent, '--out', out, ...peer])
    await program.line('listening', isEvent('listening'), TIMEOUT_MS)
    await begun(program)
    const done = JSON.parse(await program.line('done', isEvent('done'), TIMEOUT_MS)) as { at: number }
    await program.success(TIMEOUT_MS)
    await rm(out, { recursive: true })
    return done.at / 1000
  }

  /** Connections from one address that shake hands and say no more; returns what ends them. */
  async hold(): Promise<() => Promise<void>> {
    const target = [BESIEGED, String(PORT), this.#infoHash, String(HOLDERS), HOLDER]
    const job = [process.execPath, '--import', 'tsx', join(HERE, 'besiegers-job.ts'), ...target]
    const holders = this.#lab.start('holders', pinned(OTHER_CORE, job))
    await holders.line('ready', (line) => line === 'ready', 60_000)
    await setTimeout(HOLD_MS)
    return async () => {
      holders.write('end\n')
      console.log(`     peers: ${await holders.line('its end', (line) => line.startsWith('{'), 30_000)}`)
    }
  }

  async begin(): Promise<() => Promise<void>> {
    const job = (name: string, args: readonly string[]): string[] => {
      const target = [BESIEGED, String(PORT), this.#infoHash]
      return [process.execPath, '--import', 'tsx', join(HERE, name), ...target, ...args]
    }
    const flooding = [python(), join(HERE, 'connector.py'), BESIEGED, String(PORT), FLOODER, values.rate]
    const flood = this.#lab.start('connector', pinned(OTHER_CORE, flooding))
    const peers = this.#lab.start('besiegers', pinned(OTHER_CORE, job('besiegers-job.ts', [values.peers])))
    const caller = this.#lab.start('caller', job('caller-job.ts', []))
    for (const program of [flood, peers, caller]) {
      await program.line('ready', (line) => line === 'ready', 60_000)
    }
    flood.write('go\n')
    return async () => {
      const ended = [flood, peers, caller].map((program) => {
        program.write('end\n')
        return program.line('its end', (line) => line.startsWith('{'), 30_000)
      })
      const [flooded = '', besieged = '', called = ''] = await Promise.all(ended)
      const { rate, failed } = JSON.parse(flooded) as Flood
      console.log(`     flood: ${rate.toFixed(0)} connections a second from one address, ${failed} failed`)
      console.log(`     peers: ${besieged}`)
      const { calls, refused, p50, p99, most } = JSON.parse(called) as Calls
      check(
        `a new honest peer's handshake takes under ${MOST_MS} ms`,
        refused === 0 && most < MOST_MS,
        `${calls} calls, ${refused} refused, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, at most ${most.toFixed(0)} ms`,
      )
    }
  }
}

function isEvent(event: string): (line: string) => boolean {
  return (line) => line.startsWith(`{"event":"${event}"`)
}

function judge(alone: number, besieged: number, watch: ProcessWatch, watched: number): void {
  const rate = (seconds: number): string => `${(LENGTH / MIB / seconds).toFixed(1)} MiB/s`
  const share = alone / besieged
  const cpu = ((100 * watch.cpuSeconds) / watched).toFixed(0)
  check(
    `an honest transfer keeps ${100 * LEAST_SHARE} % of its rate`,
    share >= LEAST_SHARE,
    `${rate(besieged)} against ${rate(alone)} alone, ${(100 * share).toFixed(0)} %; the besieged process ran ${cpu} % of the time`,
  )
  check(`never more than ${MOST_MIB} MiB`, watch.peakMib <= MOST_MIB, `${watch.peakMib.toFixed(0)} MiB`)
}

await Laboratory.run(async (lab) => {
  await lab.call(['ip', 'address', 'add', '198.18.0.1/16', 'dev', 'lo'], 10_000)
  await lab.call(['ip', 'address', 'add', `${HOLDER}/32`, 'dev', 'lo'], 10_000)
  // One address has few ports for this many connections.
  await lab.call(['sysctl', '-qw', 'net.ipv4.ip_local_port_range=1024 65535'], 10_000)
  const content = join(lab.folder, 'content.bin')
  const torrent = join(lab.folder, 'content.torrent')
  await writeNoise(content, LENGTH)
  const creator = LodestoneProgram.start(lab, 'create', ['create', content, '-o', torrent])
  await creator.program.success(TIMEOUT_MS)
  const { infoHash } = (await creator.event('done', 0)) as unknown as { infoHash: string }
  const siege = new Siege(lab, torrent, infoHash)
  const least = 1000 * Number(values.time)
  await warmFile(content)
  console.log(`load average ${loadavg()[0]!.toFixed(2)}, ${availableParallelism()} cores`)

  for (const side of ['seed', 'download']) {
    if (values.side !== 'all' && values.side !== side) continue
    console.log(`a ${side} is besieged`)
    const [seedAt, leechAt] = side === 'seed' ? [BESIEGED, HONEST] : [HONEST, BESIEGED]
    const seed = await siege.seed(seedAt)
    const alone = await siege.download(leechAt, seedAt, async () => {})
    let target = seed
    let watch: ProcessWatch | undefined
    let end: (() => Promise<void>) | undefined
    let begun = 0
    const besieged = await siege.download(leechAt, seedAt, async (leech) => {
      target = side === 'seed' ? seed : leech
      watch = new ProcessWatch(target.pid, true)
      begun = performance.now()
      end = await siege.begin()
    })
    if (target.running) await setTimeout(Math.max(0, least - (performance.now() - begun)))
    watch!.stop()
    const watched = (performance.now() - begun) / 1000
    await end!()
    judge(alone, besieged, watch!, watched)
    seed.signal('SIGTERM')
    check('a clean stop', (await seed.end(20_000)).code === 143, '')
  }
  if (values.side === 'all' || values.side === 'places') {
    console.log('one address holds all places of a seed')
    const seed = await siege.seed(BESIEGED)
    const alone = await siege.download(HONEST, BESIEGED, async () => {})
    const end = await siege.hold()
    const besieged = await siege.download(NEWCOMER, BESIEGED, async () => {})
    await end()
    const waits = besieged - alone
    check(
      `a newcomer waits ${MOST_WAIT_S} s at most`,
      waits <= MOST_WAIT_S,
      `${besieged.toFixed(1)} s against ${alone.toFixed(1)} s alone`,
    )
    seed.signal('SIGTERM')
    check('a clean stop', (await seed.end(20_000)).code === 143, '')
  }
  console.log(`load average ${loadavg()[0]!.toFixed(2)} at the end`)
})
process.exit(held.every(Boolean) ? 0 : 1)
