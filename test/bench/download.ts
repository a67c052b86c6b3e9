/** `npm run bench -- download`: ours and aria2 fetch the same torrent from the same seeder, by turns. */
import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { aria2Command, aria2Seeder } from '../support/aria2.ts'
import { writeNoise } from '../support/content.ts'
import { DhtNetwork } from '../support/dht-network.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import type { Program } from '../support/program.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { readTicks, stolenBetween, warmFile, warmMemory } from './machine.ts'
import { ProcessWatch } from './process-watch.ts'
import { compare, type Measurement } from './report.ts'

const PIECE_LENGTH = '256k'
const CONTENT = 'content.bin'
/** A run from which the host took more than this is left out, and done again. */
const MOST_STOLEN = 10
const DHT_NODES = 20
const DONE_TIMEOUT_MS = 300_000

type Client = 'ours' | 'aria2'

interface Material {
  readonly folder: string
  readonly torrent: string
  readonly infoHash: string
  readonly length: number
}

export async function benchDownload(length: number, runs: number): Promise<void> {
  await inTempFolder(async (folder) => {
    const material = await prepare(folder, length)
    const kept: Record<Client, Measurement[]> = { ours: [], aria2: [] }
    let leftOut = 0
    // Pairs, each in the other order than the one before; a pair counts whole or not at all.
    for (let pair = 0; kept.ours.length < runs && pair < 3 * runs; pair++) {
      const order: Client[] = pair % 2 === 0 ? ['ours', 'aria2'] : ['aria2', 'ours']
      const measured = new Map<Client, Measurement>()
      for (const client of order) measured.set(client, await measure(client, material))
      const clean = [...measured.values()].every(({ stolen }) => stolen <= MOST_STOLEN)
      if (clean) for (const [client, measurement] of measured) kept[client].push(measurement)
      else leftOut++
      for (const [client, m] of measured) console.log(`  ${line(client, m)}${clean ? '' : '  (left out)'}`)
    }
    console.log(compare(kept.ours, kept.aria2, leftOut, length))
  })
}

async function prepare(folder: string, length: number): Promise<Material> {
  await writeNoise(join(folder, CONTENT), length)
  const torrent = join(folder, 'content.torrent')
  return Laboratory.run(async (lab) => {
    const creation = ['create', join(folder, CONTENT), '--piece-length', PIECE_LENGTH, '-o', torrent]
    const creator = LodestoneProgram.start(lab, 'create', creation)
    await creator.program.success(DONE_TIMEOUT_MS)
    const { infoHash } = (await creator.event('done', 0)) as unknown as { infoHash: string }
    return { folder, torrent, infoHash, length }
  })
}

/** One run, everything anew: network, DHT, seeder, folders. */
function measure(client: Client, material: Material): Promise<Measurement> {
  return Laboratory.run(async (lab) => {
    const { infoHash, torrent } = material
    const dht = await DhtNetwork.start(lab, 'foreign', '127.0.1.', 1, DHT_NODES)
    const seat = { host: '127.0.2.1', port: 6900, entry: dht.entry, folder: material.folder }
    aria2Seeder(lab, torrent, { ...seat, state: await lab.room('seeder') })
    await dht.announced(infoHash, DONE_TIMEOUT_MS, seat.port)
    await warmMemory(material.length)
    await warmFile(join(material.folder, CONTENT))

    const out = await lab.room('out')
    const state = await lab.room('state')
    const before = await readTicks()
    const start = performance.now()
    const program = startClient(lab, client, {
      magnet: `magnet:?xt=urn:btih:${infoHash}`,
      entry: dht.entry,
      out,
      state,
    })
    const watch = new ProcessWatch(program.pid)
    await program.line('the end', client === 'ours' ? isOurEnd : isAria2End, DONE_TIMEOUT_MS)
    const end = performance.now()
    await program.success(DONE_TIMEOUT_MS)
    watch.stop()
    const stolen = stolenBetween(before, await readTicks())

    execFileSync('cmp', [join(out, CONTENT), join(material.folder, CONTENT)])
    await rm(out, { recursive: true })
    const firstData = ((watch.firstDataAt ?? end) - start) / 1000
    const total = (end - start) / 1000
    const { cpuSeconds, peakMib } = watch
    return {
      total,
      firstData,
      rate: material.length / 1e6 / (total - firstData),
      cpuSeconds,
      peakMib,
      stolen,
    }
  })
}

interface Order {
  readonly magnet: string
  readonly entry: string
  readonly out: string
  readonly state: string
}

function startClient(lab: Laboratory, client: Client, { magnet, entry, out, state }: Order): Program {
  const host = '127.0.2.2'
  if (client === 'aria2') {
    const options = { host, port: 6901, entry, folder: out, state }
    return lab.start('aria2', aria2Command(magnet, options, ['--seed-time=0']))
  }
  const args = [
    ...['download', magnet, '--no-lsd', '--out', out],
    ...['--bind', host, '--bootstrap', entry, '--state', state],
  ]
  return LodestoneProgram.start(lab, 'download', args).program
}

const isOurEnd = (text: string): boolean => text.startsWith('{"event":"done"')

/** The metadata's end is told in the same words; the content's names the file. */
const isAria2End = (text: string): boolean => text.includes('Download complete:') && text.includes(CONTENT)

function line(client: Client, m: Measurement): string {
  const rate = `${m.rate.toFixed(0)} MB/s from first data`
  const cost = `${m.cpuSeconds.toFixed(2)} s CPU, ${m.peakMib.toFixed(0)} MiB`
  return `${client.padEnd(6)} ${m.total.toFixed(2)} s in all, first data at ${m.firstData.toFixed(2)} s, ${rate}, ${cost}, ${m.stolen.toFixed(1)} % stolen`
}
