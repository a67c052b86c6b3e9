/** Measures DHT nodes in virtual time, and beside the peer's over real loopback; each job in a process of its own. */
import { fileURLToPath } from 'node:url'
import { runJob } from './job.ts'

const JOB = fileURLToPath(new URL('sim-dht-job.ts', import.meta.url))
const LOOPBACK = fileURLToPath(new URL('loopback-dht-job.ts', import.meta.url))
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
  for (const size of sizes) rates.push(await runJob<Rate>(JOB, ['rate', String(size)]))
  return rates
}

/** `nodes` nodes join for real, until 99 % of look-ups are exact. */
export function joinNetwork(nodes = 10_000): Promise<Joined> {
  return runJob(JOB, ['join', String(nodes)])
}

/** Ten virtual minutes from a warm start: maintenance, nodes that come and go, as many look-ups as nodes. */
export function tenMinutes(nodes = 100_000): Promise<TenMinutes> {
  return runJob(JOB, ['tenMinutes', String(nodes)])
}

/** The peer's nodes over loopback, ours over loopback, ours in virtual time: bootstrap, bytes a node, a look-up at a time. */
export async function sideBySide(nodes = 1_000): Promise<Readonly<Record<string, SideBySide>>> {
  return {
    'bittorrent-dht over loopback': await runJob(LOOPBACK, ['foreign', String(nodes)]),
    'lodestone over loopback': await runJob(LOOPBACK, ['own', String(nodes)]),
    'lodestone in virtual time': await runJob(JOB, ['oneByOne', String(nodes)]),
  }
}
