/**
 * `npm run memory [-- --size 512 --memory 32,64 --pieces 16k,256k,4M,16M,64M]`: the peak memory of a real seed and of a real download
 * from it, over loopback, for each budget (MiB) and piece length. Ends with 0 when none took more than its budget and 80 MiB.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeNoise } from '../support/content.ts'
import { Laboratory } from '../support/laboratory.ts'
import { LodestoneProgram } from '../support/lodestone.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { ProcessWatch } from './process-watch.ts'

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '512' },
    memory: { type: 'string', default: '32,64' },
    pieces: { type: 'string', default: '16k,256k,4M,16M,64M' },
  },
})

const LENGTH = Number(values.size) * 1024 * 1024
const CONTENT = 'content.bin'
const SEED = '127.0.2.1'
const PORT = 6900
/** What the runtime, code and sockets take beside the budget. */
const BASE_MIB = 80
const TIMEOUT_MS = 300_000

interface Peaks {
  readonly seed: number
  readonly download: number
  readonly seconds: number
}

const held: boolean[] = []
await inTempFolder(async (folder) => {
  await writeNoise(join(folder, CONTENT), LENGTH)
  console.log('memory  pieces  bound    seed     download   MB/s')
  for (const memory of values.memory.split(',')) {
    for (const pieces of values.pieces.split(',')) {
      const bound = Number(memory) + BASE_MIB
      const { seed, download, seconds } = await measure(folder, `${memory}M`, pieces)
      const holds = seed <= bound && download <= bound
      held.push(holds)
      const columns = [
        `${memory} MiB`.padEnd(7),
        pieces.padEnd(7),
        `${bound} MiB`.padEnd(8),
        `${seed.toFixed(0)} MiB`.padEnd(8),
        `${download.toFixed(0)} MiB`.padEnd(10),
        (LENGTH / 1e6 / seconds).toFixed(0),
      ]
      console.log(`${columns.join(' ')}${holds ? '' : '  NOT HELD'}`)
    }
  }
})
process.exit(held.every((one) => one) ? 0 : 1)

function measure(folder: string, memory: string, pieces: string): Promise<Peaks> {
  return Laboratory.run(async (lab) => {
    const content = join(folder, CONTENT)
    const torrent = join(lab.folder, 'content.torrent')
    const made = LodestoneProgram.start(lab, 'create', [
      ...['create', content, '--piece-length', pieces, '-o', torrent],
    ])
    await made.program.success(TIMEOUT_MS)
    const both = ['--no-dht', '--no-lsd', '--memory', memory]
    const seed = LodestoneProgram.start(lab, 'seed', [
      ...['seed', torrent, '--out', folder, '--bind', SEED, '--port', String(PORT), ...both],
      ...['--state', await lab.room('seed')],
    ])
    const seedWatch = new ProcessWatch(seed.program.pid)
    await seed.event('seeding', TIMEOUT_MS)
    const out = await lab.room('out')
    const start = performance.now()
    const download = LodestoneProgram.start(lab, 'download', [
      ...['download', torrent, '--out', out, '--bind', '127.0.2.2', '--port', '0', ...both],
      ...['--peer', `${SEED}:${PORT}`, '--state', await lab.room('download')],
    ])
    const watch = new ProcessWatch(download.program.pid)
    await download.event('done', TIMEOUT_MS)
    const seconds = (performance.now() - start) / 1000
    await download.program.success(TIMEOUT_MS)
    watch.stop()
    seedWatch.stop()
    await rm(out, { recursive: true })
    return { seed: seedWatch.peakMib, download: watch.peakMib, seconds }
  })
}
