import { fileURLToPath } from 'node:url'
import { runJob } from './job.ts'

const JOB = fileURLToPath(new URL('sim-swarm-job.ts', import.meta.url))

export interface Crowd {
  readonly peers: number
  readonly mebibytes: number
  readonly complete: number
  readonly virtualSeconds: number
  /** Of processor time. */
  readonly seconds: number
  readonly wallSeconds: number
  readonly microsPerBlock: number
  readonly eventsPerBlock: number
  readonly peakRss: number
}

/** A crowd of full peers fetches `mebibytes` MiB in pieces of 1 MiB from one seed. */
export function crowd(peers: number, mebibytes: number): Promise<Crowd> {
  return runJob(JOB, [String(peers), String(mebibytes)])
}
