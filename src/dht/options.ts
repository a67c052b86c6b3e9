import { usageError } from '../core/errors.ts'

/** What a DHT node is built with. Durations are in seconds, rates per second. */
export interface DhtOptions {
  /** How long a contact counts as good after it was last heard of (BEP 5). */
  readonly goodFor: number
  /** After so long without a change a bucket is refreshed (BEP 5). */
  readonly refreshAfter: number
  /** Unanswered queries in a row that make a contact bad (BEP 5). */
  readonly badAfter: number
  /** Contacts of a bucket (BEP 5: 8), and of any answer. */
  readonly bucketSize: number
  /** Contacts of the first far buckets; wider ones save hops. */
  readonly wideBuckets: readonly number[]
  /** Contacts of one subnet in the whole table; of one bucket only one (global scope). */
  readonly tablePerSubnet: number
  /** Replacements remembered per full bucket; the oldest is forgotten. */
  readonly spares: number
  /** Between two rounds of pings and refreshes, at least. */
  readonly maintenanceInterval: number
  /** Pings of one such round. */
  readonly maintenanceBatch: number
  /** Silence of everybody that counts as being offline. */
  readonly offlineAfter: number
  /** Contacts remembered that gave up their place for not answering; */
  readonly maxLost: number
  /** between two queries to one of them; */
  readonly lostInterval: number
  /** for so long each of them is asked. */
  readonly lostFor: number

  /** When a query is given up as slow before response times are known; then it follows them. */
  readonly softTimeout: number
  /** When an unanswered query has failed. */
  readonly hardTimeout: number
  /** Own queries outstanding; further ones are refused. */
  readonly maxTransactions: number

  /** Queries of one look-up that are outstanding and not slow. */
  readonly lookupParallelism: number
  /** Queries of one look-up in all. */
  readonly lookupBudget: number
  readonly lookupDeadline: number
  /** Queries to one node of a look-up, if it is slow and near enough to count. */
  readonly lookupAttempts: number
  /** Nodes that a look-up remembers; the farthest are forgotten. */
  readonly lookupCandidates: number
  /** Peers that a look-up reports; further ones are counted. */
  readonly lookupPeers: number
  /** Nodes of one subnet that count in a look-up; others rank behind. */
  readonly lookupPerSubnet: number
  /** Share of the distance that is to be expected below which the nearest are taken for somebody's doing; 0: never. */
  readonly lookupDoubt: number
  /** Then everybody is asked within the radius that holds so many honest nodes. */
  readonly lookupHonest: number
  /** Nodes taken from one reply: the nearest. */
  readonly nodesPerReply: number
  /** Whether only nodes whose id fits their IP count among those that a look-up ends with, and are announced to (BEP 42). */
  readonly enforceIds: boolean
  /** Look-ups at once; further ones are refused. */
  readonly maxLookups: number

  /** Half of the least life of a token, which lives two to three of these (BEP 5: ten minutes). */
  readonly tokenPeriod: number
  /** How long an announced peer is kept. */
  readonly peerLife: number
  /** Info-hashes with stored peers; the farthest from our id is forgotten. */
  readonly maxHashes: number
  /** Peers stored for one info-hash; the one announced longest ago is forgotten. */
  readonly maxPeersPerHash: number
  /** Peers stored in all; further ones are refused. */
  readonly maxStoredPeers: number

  /** How long an item is kept (BEP 44). */
  readonly itemLife: number
  /** Items kept; the one farthest from our id gives way. */
  readonly maxItems: number
  /** Items kept that one source has put; further ones are refused. */
  readonly maxItemsPerSource: number
  /** Signatures checked for those who put items; */
  readonly signatureRate: number
  /** and answers with long items, to senders of global scope. */
  readonly longReplyRate: number

  /** How long the info-hashes that are told stay the same (BEP 51). */
  readonly sampleInterval: number

  /** Longest datagram looked into, in bytes. */
  readonly maxDatagram: number
  /** Longest answer, in bytes (BEP 32). */
  readonly maxReply: number
  /** Queries answered from one source, by its scope; `Infinity`: no limit. */
  readonly queryRate: Readonly<Record<'loopback' | 'private' | 'global', number>>
  readonly queryBurst: number
  /** Sources remembered for that; when full, the older half is forgotten. */
  readonly maxSources: number
  /** Answers to all senders of a scope; `Infinity`: no limit. */
  readonly replyRate: Readonly<Record<'loopback' | 'private' | 'global', number>>
  /** The half of it is for those who keep well within their own limit. */
  readonly replyBurst: number

  /** Whether queries are left unanswered, and our own say so (BEP 43); `auto`: while others do not reach us. */
  readonly readOnly: boolean | 'auto'

  /** Unsolicited senders verified by a ping. */
  readonly checkRate: number
  /** While fewer contacts are good, unsolicited senders are verified at once. */
  readonly smallTable: number
  /** How long an unsolicited sender must have been silent otherwise. */
  readonly checkSilence: number
  /** How long after a check the same source is not checked again. */
  readonly checkRest: number
  /** Unsolicited senders that wait; further ones are passed over. */
  readonly maxCandidates: number
  /** Checked sources remembered; the oldest is forgotten. */
  readonly maxChecked: number

  /** First wait before an entry point is asked again; it doubles. */
  readonly entryRetry: number
  /** Longest such wait. */
  readonly entryRetryMost: number
  /** Entry points remembered; the oldest is forgotten. */
  readonly maxEntries: number
  /** Saved contacts taken over. */
  readonly maxRestored: number
  /** Saved contacts being pinged at once. */
  readonly restoreParallelism: number
  /** Without an answer for so long it is said that there are no nodes. */
  readonly noNodesAfter: number
  /** Started with nowhere to go, a node is ready, alone, after so long. */
  readonly aloneAfter: number

  /** Between two announces, ± `announceJitter` of it. */
  readonly announceInterval: number
  readonly announceJitter: number
  /** The second announce after the start. */
  readonly announceAgain: number
  /** First wait after a round that reached nobody; it doubles up to `announceAgain`. */
  readonly announceRetry: number
  /** Publications at once; further ones are refused. */
  readonly maxPublications: number

  /** Agreeing answers, from as many subnets, that settle our external address. */
  readonly addressVotes: number
}

export const DHT_DEFAULTS: DhtOptions = Object.freeze({
  goodFor: 900,
  refreshAfter: 900,
  badAfter: 2,
  bucketSize: 8,
  wideBuckets: Object.freeze([128, 64, 32, 16]),
  tablePerSubnet: 4,
  spares: 8,
  maintenanceInterval: 10,
  maintenanceBatch: 8,
  offlineAfter: 60,
  maxLost: 32,
  lostInterval: 60,
  lostFor: 21_600,

  softTimeout: 1,
  hardTimeout: 5,
  maxTransactions: 2048,

  lookupParallelism: 4,
  lookupBudget: 256,
  lookupDeadline: 60,
  lookupAttempts: 2,
  lookupCandidates: 128,
  lookupPeers: 5000,
  lookupPerSubnet: 3,
  lookupDoubt: 0.25,
  lookupHonest: 20,
  nodesPerReply: 20,
  enforceIds: false,
  maxLookups: 256,

  tokenPeriod: 300,
  peerLife: 2700,
  maxHashes: 5000,
  maxPeersPerHash: 2000,
  maxStoredPeers: 100_000,
  itemLife: 7200,
  maxItems: 700,
  maxItemsPerSource: 16,
  signatureRate: 200,
  longReplyRate: 100,
  sampleInterval: 600,

  maxDatagram: 4096,
  maxReply: 1024,
  queryRate: Object.freeze({
    loopback: Number.POSITIVE_INFINITY,
    private: Number.POSITIVE_INFINITY,
    global: 2,
  }),
  queryBurst: 10,
  maxSources: 16_384,
  replyRate: Object.freeze({
    loopback: Number.POSITIVE_INFINITY,
    private: Number.POSITIVE_INFINITY,
    global: 2000,
  }),
  replyBurst: 4000,

  readOnly: 'auto',

  checkRate: 10,
  smallTable: 64,
  checkSilence: 90,
  checkRest: 60,
  maxCandidates: 256,
  maxChecked: 1024,

  entryRetry: 0.5,
  entryRetryMost: 60,
  maxEntries: 64,
  maxRestored: 400,
  restoreParallelism: 16,
  noNodesAfter: 10,
  aloneAfter: 2,

  announceInterval: 900,
  announceJitter: 0.2,
  announceAgain: 60,
  announceRetry: 1,
  maxPublications: 10_000,

  addressVotes: 3,
})

type NumericOption = Exclude<
  keyof DhtOptions,
  'wideBuckets' | 'queryRate' | 'replyRate' | 'enforceIds' | 'readOnly'
>

/** Lowest and highest value of each option that is a number. */
const RANGES: Readonly<Record<NumericOption, readonly [number, number]>> = {
  goodFor: [1, 86_400],
  refreshAfter: [1, 86_400],
  badAfter: [1, 16],
  bucketSize: [1, 16],
  tablePerSubnet: [1, 10_000],
  spares: [0, 64],
  maintenanceInterval: [1, 3600],
  maintenanceBatch: [1, 64],
  offlineAfter: [1, 3600],
  maxLost: [0, 4096],
  lostInterval: [1, 86_400],
  lostFor: [1, 604_800],
  softTimeout: [0.01, 60],
  hardTimeout: [0.01, 60],
  maxTransactions: [1, 1_000_000],
  lookupParallelism: [1, 64],
  lookupBudget: [1, 10_000],
  lookupDeadline: [1, 3600],
  lookupAttempts: [1, 8],
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
  checkSilence: [0, 3600],
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
