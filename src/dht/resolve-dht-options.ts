import { usageError } from '../core/errors.ts'
import { DHT_DEFAULTS, type DhtOptions } from './options.ts'

type NumericOption = Exclude<
  keyof DhtOptions,
  'wideBuckets' | 'queryRate' | 'replyRate' | 'enforceIds' | 'readOnly'
>

/** Lowest and highest value of each option that is a number. */
const RANGES: Readonly<Record<NumericOption, readonly [number, number]>> = {
  goodFor: [1, 86_400],
  refreshAfter: [1, 86_400],
  badAfter: [1, 12],
  bucketSize: [1, 16],
  swifterBy: [1, Number.POSITIVE_INFINITY],
  tablePerSubnet: [1, 10_000],
  spares: [0, 64],
  maintenanceInterval: [1, 3600],
  maintenanceBatch: [1, 64],
  keepAlive: [0, 3600],
  offlineAfter: [1, 3600],
  maxLost: [0, 4096],
  lostInterval: [1, 86_400],
  lostFor: [1, 604_800],
  softTimeout: [0.01, 60],
  softTimeoutShare: [0.5, 0.99],
  softTimeoutLeast: [0.01, 60],
  softTimeoutMost: [0.01, 60],
  hardTimeout: [0.01, 60],
  maxTransactions: [1, 1_000_000],
  lookupParallelism: [1, 64],
  lookupParallelismMost: [1, 64],
  lookupBudget: [1, 10_000],
  lookupDeadline: [1, 3600],
  lookupAttempts: [1, 8],
  lookupAttemptsMost: [1, 8],
  lookupCredit: [1, Number.POSITIVE_INFINITY],
  reachRate: [1, Number.POSITIVE_INFINITY],
  reachBurst: [1, Number.POSITIVE_INFINITY],
  maxRecent: [0, 10_000],
  recentFor: [1, 86_400],
  lookupCandidates: [8, 10_000],
  lookupPeers: [1, 1_000_000],
  lookupPerSubnet: [1, 10_000],
  lookupDoubt: [0, 1],
  lookupHonest: [1, 1000],
  nodesPerReply: [1, 200],
  maxLookups: [1, 100_000],
  tokenPeriod: [1, 86_400],
  peerLife: [1, 86_400],
  maxHashes: [1, 10_000_000],
  maxPeersPerHash: [1, 1_000_000],
  maxStoredPeers: [1, 10_000_000],
  itemLife: [1, 604_800],
  maxItems: [1, 1_000_000],
  maxItemsPerSource: [1, 1_000_000],
  signatureRate: [1, 1_000_000],
  longReplyRate: [1, 1_000_000],
  sampleInterval: [0, 21_600],
  maxDatagram: [1024, 65_507],
  maxReply: [512, 1400],
  queryBurst: [1, 1_000_000],
  maxSources: [2, 10_000_000],
  replyBurst: [1, Number.POSITIVE_INFINITY],
  checkRate: [1, 1000],
  smallTable: [0, 100_000],
  checkSilence: [1, 3600],
  checkRest: [1, 86_400],
  maxCandidates: [1, 1_000_000],
  maxChecked: [1, 1_000_000],
  entryRetry: [0.1, 3600],
  entryRetryMost: [0.1, 3600],
  maxEntries: [1, 10_000],
  maxRestored: [1, 10_000],
  restoreParallelism: [1, 256],
  noNodesAfter: [1, 3600],
  aloneAfter: [0.1, 3600],
  announceInterval: [60, 86_400],
  announceJitter: [0, 0.9],
  announceAgain: [1, 3600],
  announceRetry: [0.1, 3600],
  maxPublications: [1, 1_000_000],
  addressVotes: [1, 16],
}

const resolved = new WeakSet<object>([DHT_DEFAULTS])

/**
 * Fills in the defaults and checks ranges; what came out of it once goes through as it is, so that many nodes share one
 * object. Throws a usage error that names the option.
 */
export function resolveDhtOptions(given: Partial<DhtOptions> = DHT_DEFAULTS): DhtOptions {
  if (resolved.has(given)) return given as DhtOptions
  const options: DhtOptions = Object.freeze({ ...DHT_DEFAULTS, ...given })
  for (const key of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const [low, high] = RANGES[key]
    check(key, options[key], low, high)
  }
  for (const size of options.wideBuckets) check('wideBuckets', size, 1, 1024)
  for (const key of ['queryRate', 'replyRate'] as const)
    for (const rate of Object.values(options[key])) check(key, rate, 0.001, Number.POSITIVE_INFINITY)
  if (options.softTimeout > options.hardTimeout) {
    throw usageError('dht/option', 'The DHT option softTimeout must not exceed hardTimeout.')
  }
  resolved.add(options)
  return options
}

function check(key: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw usageError('dht/option', `The DHT option ${key} must lie between ${low} and ${high}.`)
  }
}
