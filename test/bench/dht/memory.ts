/** `npm run bench -- dht memory`: what a stored peer costs, and what a node at rest takes above a bare process. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { median } from '../median.ts'
import { Stage } from './stage.ts'

const STORE_JOB = fileURLToPath(new URL('store-job.ts', import.meta.url))
const MIB = 1024 ** 2
/** A million peers, in few hashes and in many. */
const SHAPES = [
  [1_000, 1_000],
  [100_000, 10],
] as const
const PATIENCE_MS = 120_000
const NETWORK = 1_000
const BARE = [process.execPath, '-e', 'process.stdin.resume(); console.log("ready")']
/** Looks at a node that rests, a second apart. */
const LOOKS = 20

interface Stored {
  readonly seconds: number
  readonly live: number
  readonly resident: number
}

export async function benchMemory(): Promise<void> {
  await Stage.run(async (stage) => {
    for (const [hashes, peers] of SHAPES) {
      const job = ['--expose-gc', '--import', 'tsx', STORE_JOB, String(hashes), String(peers)]
      const program = stage.start('store', '0', [process.execPath, ...job])
      const said = await program.line('its figures', (line) => line.startsWith('{'), PATIENCE_MS)
      const { live, resident, seconds }: Stored = JSON.parse(said)
      const total = hashes * peers
      console.log(
        `${hashes} hashes of ${peers} peers: ${(live / total).toFixed(1)} bytes a stored peer (goal 100), ` +
          `${(resident / total).toFixed(1)} with what the collector has not given back; ` +
          `${((seconds * 1e6) / total).toFixed(1)} us an announce`,
      )
    }
    await stage.population(NETWORK)
    const { program } = await stage.ours()
    const bare = stage.start('bare', '0', BARE)
    await bare.line('ready', (line) => line === 'ready', 10_000)
    const looks: { ours: number; bare: number }[] = []
    while (looks.length < LOOKS) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      looks.push({ ours: await resident(program.pid), bare: await resident(bare.pid) })
    }
    const [own, least] = [median(looks.map(({ ours }) => ours)), median(looks.map((look) => look.bare))]
    console.log(
      `A node of a network of ${NETWORK} takes ${((own - least) / MIB).toFixed(1)} MiB more than a bare process (goal 25): ` +
        `${(own / MIB).toFixed(1)} and ${(least / MIB).toFixed(1)} MiB resident`,
    )
  })
}

async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}
