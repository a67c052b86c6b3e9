import { once } from 'node:events'
import { QueueWorker } from '../sweep/queue-worker.ts'
import { openRedis } from '../sweep/redis-queue.ts'
import { memoryForRuns, readSilence, readWorkers } from './machine.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

export interface WorkArguments {
  readonly queue?: string
  readonly workers?: string
  readonly modules?: string
  readonly silence?: string
}

export const WORK_OPTIONS = {
  queue: {
    type: 'string',
    requiresArg: true,
    demandOption: true,
    describe: 'redis://host:port of the sweeps',
  },
  workers: { type: 'string', requiresArg: true, describe: 'jobs at the same time (default: the cores)' },
  modules: {
    type: 'string',
    requiresArg: true,
    describe: "a folder of users' scenarios: runs sweeps of these, in place of the catalogue's",
  },
  silence: {
    type: 'string',
    requiresArg: true,
    describe: 'after which a silent worker loses its job to another (default 30s)',
  },
} as const

/** Runs jobs of a shared queue until it is stopped or its files change; those under way are finished. Throws a usage or a network error. */
export async function work(
  { queue = '', workers: typed, modules, silence }: WorkArguments,
  terminal: Terminal,
): Promise<number> {
  const workers = readWorkers(typed, 1)
  const settings = { workers, memoryMiB: memoryForRuns(), silence: readSilence(silence) }
  const redis = await openRedis(queue)
  warnOfEviction(redis.evictionPolicy, terminal)
  let jobs = 0
  let lost = false
  const changed = new AbortController()
  return untilSignal(async (signal) => {
    const worker = new QueueWorker(redis, {
      ...settings,
      ...(modules === undefined ? {} : { modules }),
      finished: ({ identity, copy, scenario, seed, outcome, wallMs }) => {
        jobs += 1
        lost = false
        terminal.tell('job', { identity, copy, scenario, seed, outcome, wallMs })
        terminal.say(`${scenario} seed ${seed}: ${outcome} in ${wallMs / 1000} s`)
      },
      crashed: (error) => terminal.complain(`A job crashed: ${error.message}`),
      changed: () => changed.abort(),
      troubled: (error) => {
        if (!lost) terminal.complain(`The queue does not answer (${error.message}); waiting for it.`)
        lost = true
      },
    })
    terminal.tell('working', { workers })
    terminal.say(`Working on up to ${workers} jobs at a time; stop with Ctrl-C.`)
    await once(AbortSignal.any([signal, changed.signal]), 'abort')
    terminal.say('Finishing the jobs under way; Ctrl-C again leaves them to others.')
    await worker.close()
    terminal.tell('stopped', { jobs })
    terminal.say(`${jobs} jobs done.`)
    return 1
  })
}

/** A server that throws away what it has no room for loses jobs. */
export function warnOfEviction(policy: string, terminal: Terminal): void {
  if (policy === 'noeviction') return
  terminal.complain(
    `Redis may throw jobs away when its memory is full (maxmemory-policy ${policy}); set it to noeviction.`,
  )
}
