/** Measures DHT nodes in virtual time, and beside the peer's over real loopback; each job in a process of its own. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const JOB = fileURLToPath(new URL('sim-dht-job.ts', import.meta.url))
const LOOPBACK = fileURLToPath(new URL('loopback-dht-job.ts', import.meta.url))
/** Heap of a job, in MiB: below the 12 GiB that 100,000 nodes may take. */
const HEAP = 12_000
const SIZES = [1_000, 10_000, 100_000] as const

export interface Rate {
  readonly nodes: number
  readonly startSeconds: number
  /** Bytes of a node at rest. */
  readonly restBytes: number
  readonly deliveries: number
  /** Of processor time. */
  readonly seconds: number
  readonly perSecond: number
}

export interface Joined {
  readonly nodes: number
  /** Virtual seconds in which they joined. */
  readonly spread: number
  /** Virtual seconds after that, and the share of look-ups that were exact then. */
  readonly shares: readonly (readonly [number, number])[]
  readonly deliveries: number
  readonly seconds: number
  readonly wallSeconds: number
}

export interface TenMinutes {
  readonly nodes: number
  readonly lookups: number
  readonly queries: number
  readonly deliveries: number
  /** Deliveries to each node. */
  readonly perNode: number
  readonly seconds: number
  readonly wallSeconds: number
  readonly peakRss: number
}

export interface SideBySide {
  readonly nodes: number
  readonly bootstrapSeconds: number
  readonly nodeBytes: number
  /** Of wall time, one look-up at a time. */
  readonly lookupMs: number
}

/** Deliveries a second and bytes a node, by size of the network. */
export async function deliveryCurve(sizes: readonly number[] = SIZES): Promise<readonly Rate[]> {
  const rates: Rate[] = []
  for (const size of sizes) rates.push(await job<Rate>(JOB, 'rate', size))
  return rates
}

/** `nodes` nodes join for real, until 99 % of look-ups are exact. */
export function joinNetwork(nodes = 10_000): Promise<Joined> {
  return job(JOB, 'join', nodes)
}

/** Ten virtual minutes from a warm start: maintenance, nodes that come and go, as many look-ups as nodes. */
export function tenMinutes(nodes = 100_000): Promise<TenMinutes> {
  return job(JOB, 'tenMinutes', nodes)
}

/** The peer's nodes over loopback, ours over loopback, ours in virtual time: bootstrap, bytes a node, a look-up at a time. */
export async function sideBySide(nodes = 1_000): Promise<Readonly<Record<string, SideBySide>>> {
  return {
    'bittorrent-dht over loopback': await job(LOOPBACK, 'foreign', nodes),
    'lodestone over loopback': await job(LOOPBACK, 'own', nodes),
    'lodestone in virtual time': await job(JOB, 'oneByOne', nodes),
  }
}

function job<T>(file: string, name: string, nodes: number): Promise<T> {
  const flags = ['--expose-gc', `--max-old-space-size=${HEAP}`, '--import', 'tsx']
  const child = spawn(process.execPath, [...flags, file, name, String(nodes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as T)
      else reject(new Error(`the job ${name} ended with ${code}`))
    })
  })
}
