/**
 * `npm run bench -- blocks`: what a block costs the processor, by the number of connected peers and of pieces: of one session alone in
 * virtual time (`virtual-job`), and of a process with real sockets and files (`loopback-job`).
 */
import { fileURLToPath } from 'node:url'
import { runJob } from '../job.ts'
import { median } from '../median.ts'
import type { BlockCost } from './virtual-job.ts'

export const BLOCK_PARTS = ['download', 'seed', 'loopback'] as const

const VIRTUAL = fileURLToPath(new URL('virtual-job.ts', import.meta.url))
const LOOPBACK = fileURLToPath(new URL('loopback-job.ts', import.meta.url))

const PEERS = [10, 30, 100, 300, 1_000]
/** Of a hundred, half of all blocks are asked for at once: that is the end of a download from the first block on. */
const PIECES = [1_000, 10_000, 100_000, 200_000, 100]
/** What does not change while the other does. */
const FIXED_PEERS = 100
const FIXED_PIECES = 2_000
/** MiB: what a node has unless it is told, and enough for eight blocks of each peer. */
const DEFAULT_MEMORY = 64
const AMPLE_MEMORY = 512
/** Peers on loopback, each with a window of four blocks. */
const LOOPBACK_PEERS = [10, 100, 1_000]

type Row = readonly [peers: number, pieces: number]

export async function benchBlocks(parts: readonly string[], runs: number): Promise<void> {
  const asked = (part: (typeof BLOCK_PARTS)[number]): boolean => parts.length === 0 || parts.includes(part)
  const byPeers = PEERS.map((peers): Row => [peers, FIXED_PIECES])
  const byPieces = PIECES.map((pieces): Row => [FIXED_PEERS, pieces])
  const both: Row = [PEERS.at(-1)!, Math.max(...PIECES)]
  const virtual =
    (side: string, having: string, mebibytes = DEFAULT_MEMORY) =>
    (row: Row) =>
      runJob<BlockCost>(VIRTUAL, [side, ...row.map(String), having, String(mebibytes)])
  if (asked('download')) {
    // Who has everything is told of no piece: the difference is what HAVEs and choosing among halves cost.
    await table('download from peers that have all', byPeers, virtual('download', 'whole'))
    await table('download from peers that have half', [...byPeers, both], virtual('download', 'half'))
    // In the default memory a thousand peers find room for a quarter of what they would take: here they have all.
    await table('the same with memory for all', byPeers, virtual('download', 'half', AMPLE_MEMORY))
    await table('download from peers that have half', byPieces, virtual('download', 'half'))
  }
  if (asked('seed')) {
    await table('seed to peers that have nothing', byPeers, virtual('seed', 'none'))
    await table('seed to peers that have nothing', byPieces, virtual('seed', 'none'))
  }
  if (asked('loopback')) {
    const rows = LOOPBACK_PEERS.map((peers): Row => [peers, FIXED_PIECES])
    await table('download on loopback, sockets and files', rows, async (row) => {
      const micros: number[] = []
      for (let i = 0; i < runs; i++) {
        micros.push((await runJob<BlockCost>(LOOPBACK, row.map(String))).micros)
      }
      return { micros: median(micros), runs: micros }
    })
  }
}

async function table(title: string, rows: readonly Row[], cost: (row: Row) => Promise<BlockCost>) {
  console.log(`\n${title}: us of processor time a block (median, least to most), and that of the first row`)
  console.log(`${'peers'.padStart(7)} ${'pieces'.padStart(8)}`)
  let first: number | undefined
  for (const row of rows) {
    const { micros, runs } = await cost(row)
    first ??= micros
    const [peers, pieces] = row.map((count) => count.toLocaleString('en'))
    const range = `${Math.min(...runs).toFixed(1)} to ${Math.max(...runs).toFixed(1)}`
    console.log(
      `${peers!.padStart(7)} ${pieces!.padStart(8)} ${micros.toFixed(1).padStart(8)}   (${range})`.padEnd(48),
      `x ${(micros / first).toFixed(2)}`,
    )
  }
}
