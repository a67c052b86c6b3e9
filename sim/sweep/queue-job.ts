/** What a queue's worker runs, one job at a time, in a process that the worker starts. */
import process from 'node:process'
import { LodestoneError } from '../../src/core/errors.ts'
import { codeVersion } from './code-version.ts'
import { readJob } from './job.ts'
import type { FinishedRecord } from './job-record.ts'
import { orphanWatch } from './orphan.ts'
import { CHANGED, runJob } from './run-job.ts'

/** How the worker tells its processes the folder of modules; the queue must not. */
export const MODULES_VARIABLE = 'LODESTONE_SIM_MODULES'
/** How it tells them the digest of the code that it was started with. */
export const CODE_VARIABLE = 'LODESTONE_SIM_CODE'

const watch = orphanWatch()

/** The data came over the network: nothing of it is believed before `readJob` has looked. */
export default async function runFromQueue({ data }: { readonly data: unknown }): Promise<FinishedRecord> {
  const code = codeVersion()
  if (process.env[CODE_VARIABLE] !== code.digest) {
    throw new LodestoneError('closed', CHANGED, 'The program has changed since this worker was started.')
  }
  return runJob(readJob(data, code), process.env[MODULES_VARIABLE], watch)
}
