/** `npm run bench -- limits`: rate limits on real sockets with twenty peers, all in this process, by the payload that they leave room for (RS6). */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  type CreatedTorrent,
  createTorrent,
  type Lodestone,
  type OpenOptions,
  open,
  type Torrent,
} from '../../src/index.ts'
import { writeNoise } from '../support/content.ts'
import { inTempFolder } from '../support/temp-folder.ts'

const KIB = 1024
const MIB = 1024 ** 2
const LIMITS = [50 * KIB, MIB, 20 * MIB]
const PEERS = 20
const LENGTH = 384 * MIB
/** For slow start. */
const WARM_UP_MS = 5_000
/** Among each other those that fetch have little to give. */
const WEAK = { uploadLimit: 20 * KIB }

type Direction = 'upload' | 'download'

export async function benchLimits(seconds: number): Promise<void> {
  await inTempFolder(async (folder) => {
    const file = join(folder, 'content')
    await writeNoise(file, LENGTH)
    const created = await createTorrent(file)
    for (const direction of ['upload', 'download'] as const) {
      const seeds = await openAll(direction === 'upload' ? 1 : PEERS, {})
      const serving = seeds.map((seed) => seed.add(created.metainfo, { mode: 'seed', out: folder }))
      await Promise.all(serving.map(({ done }) => done))
      for (const limit of LIMITS) {
        if (direction === 'upload') seeds[0]!.setLimits({ upload: limit })
        const out = join(folder, `${direction}-${limit}`)
        const rate = await measure({ direction, limit, seconds, seeds, serving, created, out })
        const share = ((100 * rate) / limit).toFixed(1)
        console.log(
          `${direction} limit ${limit / KIB} KiB/s: payload ${(rate / KIB).toFixed(1)} KiB/s, ${share} %`,
        )
      }
      await Promise.all(seeds.map((seed) => seed.close()))
    }
  })
}

interface Measured {
  readonly direction: Direction
  readonly limit: number
  readonly seconds: number
  readonly seeds: readonly Lodestone[]
  readonly serving: readonly Torrent[]
  readonly created: CreatedTorrent
  readonly out: string
}

/** Payload bytes a second of whoever is limited. */
async function measure({
  direction,
  limit,
  seconds,
  seeds,
  serving,
  created,
  out,
}: Measured): Promise<number> {
  const takers = await openAll(
    direction === 'upload' ? PEERS : 1,
    direction === 'upload' ? WEAK : { downloadLimit: limit },
  )
  const peers = seeds.map(({ addresses }) => `${addresses[0]!.host}:${addresses[0]!.port}`)
  const taking = takers.map((taker, i) => taker.add(created.metainfo, { out: join(out, String(i)), peers }))
  const moved = (): number =>
    direction === 'upload' ? serving[0]!.progress().uploaded : taking[0]!.progress().received
  await setTimeout(WARM_UP_MS)
  const [before, began] = [moved(), performance.now()]
  await setTimeout(seconds * 1000)
  const rate = (moved() - before) / ((performance.now() - began) / 1000)
  await Promise.all(takers.map((taker) => taker.close()))
  return rate
}

function openAll(count: number, options: OpenOptions): Promise<Lodestone[]> {
  const all = Array.from({ length: count }, () =>
    open({ bind: ['127.0.0.1'], port: 0, state: false, dht: false, lsd: false, ...options }),
  )
  return Promise.all(all)
}
