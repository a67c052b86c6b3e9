/** What a queue's worker runs, one job at a time, in a process that the worker starts. */
import process from 'node:process'
import { codeVersion } from './code-version.ts'
import { readJob } from './job.ts'
import type { FinishedRecord } from './job-record.ts'
import { runJob } from './run-job.ts'

/** How the worker tells its processes the folder of modules; the queue must not. */
export const MODULES_VARIABLE = 'LODESTONE_SIM_MODULES'

/** The data came over the network: nothing of it is believed before `readJob` has looked. */
export default function runFromQueue({ data }: { readonly data: unknown }): Promise<FinishedRecord> {
  return runJob(readJob(data, codeVersion()), process.env[MODULES_VARIABLE])
}
