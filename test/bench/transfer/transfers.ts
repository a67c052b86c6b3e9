import { mkdir } from 'node:fs/promises'
import { libtorrentPython } from '../../support/libtorrent.ts'
import { inTempFolder } from '../../support/temp-folder.ts'
import { aria2 } from './aria2.ts'
import type { Client } from './client.ts'
import { given } from './given.ts'
import { writeGraph } from './graph.ts'
import { libtorrent } from './libtorrent.ts'
import { ours } from './ours.ts'
import { table } from './table.ts'
import { type Material, type Measurement, prepare, trial } from './trial.ts'
import { webtorrent } from './webtorrent.ts'

/** A run from which the host took more than this is done again, and with its round left out if that is no better. */
const MOST_STOLEN = 10
const ATTEMPTS = 2

export const CLIENTS = ['ours', 'libtorrent', 'aria2', 'webtorrent'] as const
export type ClientName = (typeof CLIENTS)[number]

export interface TransferBench {
  /** Which side is compared; the other is `opposite` in every run. */
  readonly side: 'downloader' | 'seeder'
  readonly clients: readonly ClientName[]
  /** Commands of further clients (`given.ts`). */
  readonly commands: readonly string[]
  readonly opposite: ClientName
  /** Bytes. */
  readonly length: number
  /** In the words of the command line. */
  readonly pieceLength: string
  /** Whether all of it goes through RC4, with those that can do so. */
  readonly encrypted: boolean
  /** Rounds, in each of which every client runs once. */
  readonly runs: number
  /** File for a plot of our last run. */
  readonly graph: string | undefined
}

/** `npm run bench -- download` and `-- seed`: the same transfer by each client in turn, round after round in another order. */
export async function benchTransfers(bench: TransferBench): Promise<void> {
  await inTempFolder(async (folder) => {
    const content = `${folder}/content`
    await mkdir(content)
    const [opposite] = await clientsOf([bench.opposite], folder)
    const clients = [...(await clientsOf(bench.clients, folder)), ...bench.commands.map(given)]
    if (opposite === undefined || clients.length === 0) throw new Error('There is nothing to compare.')
    const material = await prepare(content, bench.length, bench.pieceLength, bench.encrypted)
    const kept: Map<string, Measurement>[] = []
    let leftOut = 0
    for (let round = 0; round < bench.runs; round++) {
      const measured = new Map<string, Measurement>()
      const turn = clients.map((_, i) => clients[(i + round) % clients.length]!)
      for (const client of turn) measured.set(client.name, await measure(client, opposite, bench, material))
      const clean = [...measured.values()].every(({ stolen }) => stolen <= MOST_STOLEN)
      if (clean) kept.push(new Map(clients.map(({ name }) => [name, measured.get(name)!])))
      else leftOut++
    }
    const how = bench.encrypted ? ', encrypted' : ''
    const gib = (bench.length / 1024 ** 3).toFixed(2)
    const role = bench.side === 'downloader' ? `from a seeder of ${opposite.name}` : `to ${opposite.name}`
    console.log(
      `\n${bench.side}s, ${gib} GiB in pieces of ${bench.pieceLength} ${role}${how}; ${kept.length} rounds, ${leftOut} left out for stolen time`,
    )
    if (kept.length > 0) console.log(table(kept, bench.length))
    const course = kept.at(-1)?.get('ours')?.course
    if (bench.graph !== undefined && course !== undefined) {
      writeGraph(bench.graph, `A download of ${gib} GiB ${role}`, course)
    }
  })
}

async function measure(
  client: Client,
  opposite: Client,
  { side }: TransferBench,
  material: Material,
): Promise<Measurement> {
  const pair = side === 'downloader' ? ([client, opposite] as const) : ([opposite, client] as const)
  for (let attempt = 1; ; attempt++) {
    const measured = await trial(...pair, side, material)
    console.log(`  ${line(client.name, measured)}`)
    if (measured.stolen <= MOST_STOLEN || attempt === ATTEMPTS) return measured
  }
}

/** Those that can be had here; says of the others why not. */
async function clientsOf(names: readonly ClientName[], folder: string): Promise<Client[]> {
  const found: Client[] = []
  for (const name of names) {
    if (name === 'ours') found.push(ours)
    else if (name === 'aria2') found.push(aria2)
    else if (name === 'webtorrent') {
      try {
        found.push(await webtorrent(folder))
      } catch {
        console.log('webtorrent is left out: npm could not install it.')
      }
    } else if (libtorrentPython() !== undefined) found.push(libtorrent)
    else
      console.log(
        'libtorrent is left out, for want of its Python module. To have it: sudo apt-get install python3-libtorrent',
      )
  }
  return found
}

function line(name: string, m: Measurement): string {
  const rate = `${m.rate.toFixed(0)} MB/s`
  const cost = `${m.cpuSeconds.toFixed(2)} s CPU (other side ${m.otherCpuSeconds.toFixed(2)}), ${m.peakMib.toFixed(0)} MiB`
  const loop = m.loopDelayP99 === undefined ? '' : `, loop late ${m.loopDelayP99.toFixed(1)} ms`
  return `${name.padEnd(10)} done ${m.done.toFixed(2)} s, first data ${m.firstData.toFixed(2)} s, ${rate}, ${cost}${loop}, ${m.stolen.toFixed(1)} % stolen`
}
