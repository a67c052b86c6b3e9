/** `npm run bench -- idle`: what a process costs that seeds a hundred torrents which nobody wants, in a private DHT on loopback (RS7). */
import { fileURLToPath } from 'node:url'
import { type Lodestone, open } from '../../src/index.ts'
import type { IdleFigures } from './idle-job.ts'
import { runJob } from './job.ts'

const JOB = fileURLToPath(new URL('./idle-job.ts', import.meta.url))
const NODES = 20
/** Of a core. */
const GOAL = 0.01

export async function benchIdle(seconds: number): Promise<void> {
  const nodes: Lodestone[] = []
  for (let i = 0; i < NODES; i++) {
    const bootstrap = nodes.length === 0 ? ('none' as const) : nodes.slice(0, 3).map(placeOf)
    nodes.push(
      await open({ bind: [`127.8.0.${i + 1}`], port: 0, state: false, lsd: false, listen: false, bootstrap }),
    )
  }
  await Promise.all(nodes.map((node) => node.ready))
  try {
    const { share, torrents, queries, rss, slope } = await runJob<IdleFigures>(JOB, [
      String(seconds),
      placeOf(nodes[0]!),
    ])
    const verdict = share < GOAL ? 'within' : 'beyond'
    console.log(
      `${torrents} idle seeds, ${seconds} s: ${(100 * share).toFixed(2)} % of a core (${verdict} the goal of ${100 * GOAL} %), ` +
        `${queries.toFixed(1)} queries a second, ${rss.toFixed(0)} MiB resident, ${slope >= 0 ? '+' : ''}${slope.toFixed(1)} MiB in that time`,
    )
  } finally {
    await Promise.all(nodes.map((node) => node.close()))
  }
}

function placeOf({ addresses }: Lodestone): string {
  return `${addresses[0]!.host}:${addresses[0]!.port}`
}
