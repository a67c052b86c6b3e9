/** `idle-job.ts <seconds> <bootstrap>`: seeds a hundred small files, lets them come to rest, and measures this process. One JSON line. */
import { randomFillSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { createTorrent, open } from '../../src/index.ts'
import { inTempFolder } from '../support/temp-folder.ts'

export interface IdleFigures {
  readonly torrents: number
  /** Processor time, user and system, over time. */
  readonly share: number
  /** Of the DHT, in and out, a second. */
  readonly queries: number
  /** MiB, at the end, and more than at the beginning. */
  readonly rss: number
  readonly slope: number
}

const TORRENTS = 100
const LENGTH = 100_000
/** For the first announces and what the runtime compiles. */
const SETTLE_MS = 30_000
const MIB = 1024 ** 2

const [seconds = '60', bootstrap = 'none'] = process.argv.slice(2)
await inTempFolder(async (folder) => {
  const node = await open({
    bind: ['127.8.1.1'],
    port: 0,
    state: join(folder, 'state'),
    bootstrap: [bootstrap],
  })
  await node.ready
  const torrents = []
  for (let i = 0; i < TORRENTS; i++) {
    const file = join(folder, `content-${i}`)
    await writeFile(file, randomFillSync(new Uint8Array(LENGTH)))
    torrents.push(node.add((await createTorrent(file)).metainfo, { mode: 'seed', out: folder }))
  }
  await Promise.all(torrents.map((torrent) => torrent.done))
  await setTimeout(SETTLE_MS)
  const queries = (): number => node.stats().queriesIn + node.stats().queriesOut
  globalThis.gc?.()
  const [asked, began, used, rss] = [
    queries(),
    performance.now(),
    process.cpuUsage(),
    process.memoryUsage.rss(),
  ]
  await setTimeout(Number(seconds) * 1000)
  const { user, system } = process.cpuUsage(used)
  const elapsed = (performance.now() - began) / 1000
  const end = process.memoryUsage.rss()
  const figures: IdleFigures = {
    torrents: TORRENTS,
    share: (user + system) / 1e6 / elapsed,
    queries: (queries() - asked) / elapsed,
    rss: end / MIB,
    slope: (end - rss) / MIB,
  }
  await node.close()
  console.log(JSON.stringify(figures))
})
