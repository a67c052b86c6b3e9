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
  /**
   * A full bucket takes somebody new for its slowest contact when that one's answers take longer by more than this factor; `Infinity`:
   * never.
   */
  readonly swifterBy: number
  /** Contacts of one subnet in the whole table; of one bucket only one (global scope). */
  readonly tablePerSubnet: number
  /** Replacements remembered per full bucket; the oldest is forgotten. */
  readonly spares: number
  /** Between two rounds of pings and refreshes, at least. */
  readonly maintenanceInterval: number
  /** Pings of one such round. */
  readonly maintenanceBatch: number
  /** After so long without sending anything we ping somebody; 0: never. */
  readonly keepAlive: number
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
  /** Share of all answers that come before a query is given up as slow, */
  readonly softTimeoutShare: number
  /** and the bounds of that time. */
  readonly softTimeoutLeast: number
  readonly softTimeoutMost: number
  /** When an unanswered query has failed. */
  readonly hardTimeout: number
  /** Own queries outstanding; further ones are refused. */
  readonly maxTransactions: number

  /** Queries of one look-up that are outstanding and not slow, */
  readonly lookupParallelism: number
  /** and where so many are silent that fewer would answer. */
  readonly lookupParallelismMost: number
  /** Queries of one look-up in all. */
  readonly lookupBudget: number
  readonly lookupDeadline: number
  /** Queries to one node of a look-up, if it is slow and near enough to count, */
  readonly lookupAttempts: number
  /** and where datagrams get lost. */
  readonly lookupAttemptsMost: number
  /** What a node has named ranks behind others while so many more of it are silent or false than have answered; `Infinity`: never. */
  readonly lookupCredit: number
  /** Places of global scope that all look-ups may write to for the first time, and at once. */
  readonly reachRate: number
  readonly reachBurst: number
  /** Look-ups whose end is remembered, so that the next starts there; the oldest is forgotten, */
  readonly maxRecent: number
  /** all of them after so long. */
  readonly recentFor: number
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
  /** While fewer contacts are good and known to be reached by others, unsolicited senders are verified at once. */
  readonly smallTable: number
  /**
   * How long an unsolicited sender must have been silent otherwise: longer than most translators let us in for its having asked
   * (RFC 4787, REQ-5: two minutes at least).
   */
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
  swifterBy: 2,
  tablePerSubnet: 4,
  spares: 8,
  maintenanceInterval: 10,
  maintenanceBatch: 8,
  keepAlive: 55,
  offlineAfter: 60,
  maxLost: 32,
  lostInterval: 60,
  lostFor: 21_600,

  softTimeout: 1,
  softTimeoutShare: 0.9,
  softTimeoutLeast: 0.1,
  softTimeoutMost: 2,
  hardTimeout: 5,
  maxTransactions: 2048,

  lookupParallelism: 4,
  lookupParallelismMost: 10,
  lookupBudget: 256,
  lookupDeadline: 60,
  lookupAttempts: 2,
  lookupAttemptsMost: 3,
  lookupCredit: 3,
  reachRate: 50,
  reachBurst: 250,
  maxRecent: 16,
  recentFor: 600,
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
  checkSilence: 150,
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
