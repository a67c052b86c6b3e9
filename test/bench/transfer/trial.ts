import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeNoise } from '../../support/content.ts'
import { DhtNetwork } from '../../support/dht-network.ts'
import { Laboratory } from '../../support/laboratory.ts'
import { LodestoneProgram } from '../../support/lodestone.ts'
import type { Program } from '../../support/program.ts'
import { readTicks, stolenBetween, warmFile, warmMemory } from '../machine.ts'
import { type Point, ProcessWatch } from '../process-watch.ts'
import type { Client, Seat, Signs } from './client.ts'

const CONTENT = 'content.bin'
const DHT_NODES = 20
const TIMEOUT_MS = 300_000

/** What is transferred in every run. */
export interface Material {
  /** Holds the content. */
  readonly folder: string
  readonly torrent: string
  readonly magnet: string
  /** What its peers are found by. */
  readonly infoHash: string
  /** Bytes. */
  readonly length: number
  /** Whether all of it goes through RC4. */
  readonly encrypted: boolean
}

/** One run, looked at from one of the two sides. Times are seconds since the downloader was started. */
export interface Measurement {
  readonly peer: number | undefined
  readonly metadata: number | undefined
  readonly firstData: number
  /** Verified and handed to the kernel. */
  readonly done: number
  /** The process has gone; what it writes through to the disk is done. */
  readonly left: number
  /** MB/s from first data to done. */
  readonly rate: number
  readonly cpuSeconds: number
  /** Of the side that is not measured. */
  readonly otherCpuSeconds: number
  readonly peakMib: number
  /** The part of memory that is no file's: what a program that maps its files has apart from them. */
  readonly anonymousMib: number
  /** Milliseconds, of programs on Node.js. */
  readonly loopDelayP99: number | undefined
  /** Per cent of the processors' time that the host took away. */
  readonly stolen: number
  readonly course: readonly Point[]
}

/** Makes the content and its torrent; `pieceLength` in the words of the command line. */
export async function prepare(
  folder: string,
  length: number,
  pieceLength: string,
  encrypted: boolean,
): Promise<Material> {
  await writeNoise(join(folder, CONTENT), length)
  return { ...(await torrentOf(folder, 'content', ['--piece-length', pieceLength])), length, encrypted }
}

/** Makes one more torrent of content that is there already. */
export async function torrentOf(
  folder: string,
  name: string,
  options: readonly string[],
): Promise<Pick<Material, 'folder' | 'torrent' | 'magnet' | 'infoHash'>> {
  const torrent = join(folder, `${name}.torrent`)
  return Laboratory.run(async (lab) => {
    const creation = ['create', join(folder, CONTENT), ...options, '-o', torrent]
    const creator = LodestoneProgram.start(lab, 'create', creation)
    await creator.program.success(TIMEOUT_MS)
    const made = (await creator.event('done', 0)) as unknown as { infoHash: string; magnet: string }
    return { folder, torrent, magnet: made.magnet, infoHash: made.infoHash }
  })
}

/** One transfer with everything anew: network, DHT, both programs, their folders. `side` is the one that is measured. */
export function trial(
  downloader: Client,
  seeder: Client,
  side: 'downloader' | 'seeder',
  material: Material,
): Promise<Measurement> {
  return Laboratory.run(async (lab) => {
    const { infoHash, magnet, torrent, length, folder, encrypted } = material
    const dht = await DhtNetwork.start(lab, 'foreign', '127.0.1.', 1, DHT_NODES)
    const seat = async (name: string, host: string, port: number, content: string): Promise<Seat> => {
      const state = await lab.room(`${name} state`)
      return { host, port, entry: dht.entry, folder: content, state, encrypted }
    }
    if (seeder.seed === undefined) throw new Error(`${seeder.name} does not seed`)
    const seeding = seeder.seed(lab, torrent, await seat('seeder', '127.0.2.1', 6900, folder))
    await dht.announced(infoHash, TIMEOUT_MS, 6900)
    await warmMemory(length)
    await warmFile(join(folder, CONTENT))

    const out = await lab.room('out')
    const seatOfDownloader = await seat('downloader', '127.0.2.2', 6910, out)
    const ticks = await readTicks()
    const start = performance.now()
    const since = (at: number): number => (at - start) / 1000
    const seederWatch = new ProcessWatch(seeding.pid, true)
    const downloading = downloader.download(lab, magnet, seatOfDownloader)
    const watch = new ProcessWatch(downloading.pid)
    const { peer, metadata, done } = await moments(downloading, downloader.signs)
    await downloading.success(TIMEOUT_MS)
    const left = performance.now()
    watch.stop()
    seederWatch.stop()
    const stolen = stolenBetween(ticks, await readTicks())

    execFileSync('cmp', [join(out, CONTENT), join(folder, CONTENT)])
    await rm(out, { recursive: true })
    await seeding.stop()
    const [measured, other] = side === 'downloader' ? [watch, seederWatch] : [seederWatch, watch]
    const firstData = since(watch.firstDataAt ?? left)
    return {
      ...{ peer: peer && since(peer), metadata: metadata && since(metadata), firstData },
      ...{ done: since(done ?? left), left: since(left) },
      rate: length / 1e6 / (since(done ?? left) - firstData),
      ...{ cpuSeconds: measured.cpuSeconds, otherCpuSeconds: other.cpuSeconds },
      ...{ peakMib: measured.peakMib, anonymousMib: measured.peakAnonymousMib },
      loopDelayP99: loopDelay(side === 'downloader' ? downloading : seeding),
      stolen,
      course: watch.course,
    }
  })
}

/** When the lines came that tell how far a downloader is; resolves when it is done, or has left. */
async function moments(
  program: Program,
  { peer, metadata, done }: Signs,
): Promise<Partial<Record<keyof Signs, number>>> {
  const found: Partial<Record<keyof Signs, number>> = {}
  const await_ = async (sign: keyof Signs, match: Signs[keyof Signs]): Promise<void> => {
    if (match === undefined) return
    await program.line(sign, match, TIMEOUT_MS)
    found[sign] = performance.now()
  }
  const early = [await_('peer', peer), await_('metadata', metadata)].map((sign) => sign.catch(() => {}))
  await Promise.race([await_('done', done).catch(() => program.end(TIMEOUT_MS)), program.end(TIMEOUT_MS)])
  await Promise.race([Promise.all(early), program.end(TIMEOUT_MS)])
  return found
}

/** What `loop-delay.mjs` said. */
function loopDelay(program: Program): number | undefined {
  const [line] = program.linesMatching((said) => said.startsWith('loop delay p99'))
  return line === undefined ? undefined : Number(line.split(' ')[3])
}
