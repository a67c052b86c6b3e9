import { LodestoneError, usageError } from '../../src/core/errors.ts'
import type { CodeVersion } from './code-version.ts'

type BullMq = typeof import('bullmq')

const CONNECT_TIMEOUT_MS = 5_000
/** Of all keys in Redis that are ours. */
const PREFIX = 'lodestone'

/** A Redis server that has answered, and the library that makes queues of it. */
export interface RedisQueue {
  readonly bullmq: BullMq
  /** For each `Queue`, `Worker` and `QueueEvents`. */
  readonly options: {
    readonly connection: { url: string; maxRetriesPerRequest: null }
    readonly prefix: string
  }
  /** How the server throws entries away when it is full; anything but `noeviction` may lose jobs. */
  readonly evictionPolicy: string
}

/**
 * Asks the server at `url` once. Throws a usage error when the packages are missing or the URL is none, a network error when
 * nobody answers.
 */
export async function openRedis(url: string): Promise<RedisQueue> {
  const shown = withoutPassword(url)
  const { bullmq, Redis } = await libraries()
  const probe = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  })
  let refused: Error | undefined
  probe.on('error', (error: Error) => {
    refused = error
  })
  try {
    await probe.connect()
    const info = await probe.info('memory')
    const evictionPolicy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'
    return {
      bullmq,
      options: { connection: { url, maxRetriesPerRequest: null }, prefix: PREFIX },
      evictionPolicy,
    }
  } catch (cause) {
    const why = refused?.message ?? (cause instanceof Error ? cause.message : String(cause))
    const sentence = `No Redis answers at ${shown} (${why}).`
    throw new LodestoneError('network', 'sim/no-redis', sentence, { cause })
  } finally {
    probe.disconnect()
  }
}

/**
 * One queue for each version of the program, so that a worker never meets a job that it would run otherwise; and one for
 * jobs of users' modules, which only workers take that were started for them.
 */
export function queueName({ digest, node }: CodeVersion, modules: boolean): string {
  return `sweep-${digest.slice(0, 16)}-node${node}${modules ? '-modules' : ''}`
}

function withoutPassword(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw usageError('sim/bad-queue', '--queue takes a URL such as redis://127.0.0.1:6379.')
  }
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    throw usageError('sim/bad-queue', '--queue takes a URL such as redis://127.0.0.1:6379.')
  }
  if (parsed.password !== '') parsed.password = '***'
  return parsed.href
}

/** They are optional: whoever uses one machine needs none of them. */
async function libraries(): Promise<{ bullmq: BullMq; Redis: typeof import('ioredis').Redis }> {
  try {
    const [bullmq, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')])
    return { bullmq, Redis }
  } catch {
    throw usageError('sim/no-bullmq', 'A queue needs two more packages: npm install bullmq ioredis.')
  }
}
