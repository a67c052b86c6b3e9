import { usageError } from '../core/errors.ts'

/** What the parts of a swarm are built with. Durations are in seconds, rates per second. */
export interface SwarmOptions {
  /** Pieces open at once, whatever their size. */
  readonly openPieces: number
  /** Pieces picked at random before the rarest come first. */
  readonly randomPieces: number
  /** 1: who has everything is asked first for what nobody else has. 0: it is asked as anybody is. */
  readonly scarceFirst: number
  /** Most pieces that a peer is advised to fetch next while we are the only source (BEP 6); 0: none. */
  readonly suggestedPieces: number
  /** 1: a seed shows each peer only what that is to pass on (BEP 16); 0: all that it has. */
  readonly superSeed: number
  /** Of what is served, how much is hashed once more, since files may be changed behind our back; 0: nothing. */
  readonly servedCheck: number
  /** 1: pieces are begun in their order, for whoever reads along; 0: by rarity, as is good for the swarm. */
  readonly sequential: number
  /** Bytes ahead of a reader that are fetched before all else. */
  readonly readAhead: number
  /** Peers asked for one block at the end, 1 to 3. */
  readonly endgameRequesters: number
  /** Peers unchoked at once, while what leaves does not tell otherwise. */
  readonly uploadSlots: number
  /**
   * Most of them. For each a seed reads ahead a piece, or a MiB of it, and keeps 24 MiB of those: 23 who take pieces of a MiB cost one read of
   * each byte, 26 six, 48 thirty-two.
   */
  readonly mostUploadSlots: number
  /** Newcomers that may fetch pieces while we choke them (BEP 6), at once. */
  readonly grantedPeers: number
  /** Between two rounds of choking. */
  readonly chokeInterval: number
  /** Between two optimistic choices. */
  readonly optimisticInterval: number
  /** How long a peer keeps its slot while we seed and others wait. */
  readonly seedTurn: number
  /** Peers connected at once, incoming ones included. */
  readonly connections: number
  /** Dials that are under way at once. */
  readonly halfOpen: number
  /** Dials started a second. */
  readonly dialRate: number
  /** How long a dial may take. */
  readonly dialTimeout: number
  /** How long it may take while more untried candidates wait than may be dialled at once. */
  readonly hurriedDialTimeout: number
  /** Endpoints remembered. */
  readonly candidates: number
  /** Connections to one IP in the global scope. */
  readonly connectionsPerHost: number
  /** Endpoints, peer ids and IPs refused, of each kind; the oldest is forgotten. */
  readonly bans: number
  /** Offences from one IP (endpoint in the narrower scopes) until its endpoint is banned. */
  readonly strikes: number
  /** First wait after a failed dial; it doubles. */
  readonly backOff: number
  /** The same for a peer that the user named, or that left in good order. */
  readonly shortBackOff: number
  /** The same for a peer that closed a connection on which nothing had moved lately: it has no place, as a rule. */
  readonly declinedBackOff: number
  /** Longest wait. */
  readonly longestBackOff: number
  /** Bytes that metadata being assembled may claim in all, when more than one size is claimed. */
  readonly metadataBytes: number
  /** Metadata requests outstanding at one peer. */
  readonly metadataRequests: number
  /** How long a metadata request may stay unanswered. */
  readonly metadataTimeout: number
  /** How long a peer that rejected or did not answer is left alone. */
  readonly metadataRest: number
  /** How long a peer that supplied wrong metadata is left alone; the second time it is banned. */
  readonly metadataExclusion: number
}

export const SWARM_DEFAULTS: SwarmOptions = Object.freeze({
  openPieces: 2048,
  randomPieces: 4,
  scarceFirst: 1,
  suggestedPieces: 16,
  superSeed: 0,
  servedCheck: 1 / 64,
  sequential: 0,
  readAhead: 8 * 1024 * 1024,
  endgameRequesters: 2,
  uploadSlots: 8,
  mostUploadSlots: 20,
  grantedPeers: 2,
  chokeInterval: 10,
  optimisticInterval: 30,
  seedTurn: 30,
  connections: 200,
  halfOpen: 50,
  dialRate: 30,
  dialTimeout: 15,
  hurriedDialTimeout: 4,
  candidates: 2000,
  connectionsPerHost: 3,
  bans: 4096,
  strikes: 3,
  backOff: 5,
  shortBackOff: 1,
  declinedBackOff: 15,
  longestBackOff: 600,
  metadataBytes: 64 * 1024 * 1024,
  metadataRequests: 2,
  metadataTimeout: 10,
  metadataRest: 60,
  metadataExclusion: 300,
})

/** Lowest and highest value of each option. */
const RANGES: Readonly<Record<keyof SwarmOptions, readonly [number, number]>> = {
  openPieces: [1, 65_536],
  randomPieces: [0, 1024],
  scarceFirst: [0, 1],
  suggestedPieces: [0, 16],
  superSeed: [0, 1],
  servedCheck: [0, 1],
  sequential: [0, 1],
  readAhead: [0, 2 ** 30],
  endgameRequesters: [1, 3],
  uploadSlots: [1, 1024],
  mostUploadSlots: [1, 1024],
  grantedPeers: [0, 1024],
  chokeInterval: [1, 3600],
  optimisticInterval: [1, 3600],
  seedTurn: [1, 3600],
  connections: [1, 65_535],
  halfOpen: [1, 1024],
  dialRate: [1, 10_000],
  dialTimeout: [1, 600],
  hurriedDialTimeout: [1, 600],
  candidates: [1, 1_000_000],
  connectionsPerHost: [1, 65_535],
  bans: [1, 1_000_000],
  strikes: [1, 1000],
  backOff: [0.1, 3600],
  shortBackOff: [0.1, 3600],
  declinedBackOff: [0.1, 3600],
  longestBackOff: [1, 86_400],
  metadataBytes: [16_384, 2 ** 40],
  metadataRequests: [1, 64],
  metadataTimeout: [1, 600],
  metadataRest: [1, 3600],
  metadataExclusion: [1, 86_400],
}

/** Fills in the defaults and checks ranges. Throws a usage error that names the option. */
export function resolveSwarmOptions(given: Partial<SwarmOptions> = {}): SwarmOptions {
  const options: SwarmOptions = { ...SWARM_DEFAULTS, ...given }
  for (const key of Object.keys(RANGES) as (keyof SwarmOptions)[]) {
    const [low, high] = RANGES[key]
    if (!(options[key] >= low && options[key] <= high)) {
      throw usageError(`options/${key}`, `The option ${key} must be a number, ${low} to ${high}.`)
    }
  }
  return Object.freeze(options)
}
