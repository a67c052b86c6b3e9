import type { LodestoneError } from '../core/errors.ts'
import { usageError } from '../core/errors.ts'

/** Where the DHT may be entered. */
export interface EntryPoint {
  readonly host: string
  readonly port: number
  /** It serves everybody who starts: asked last, never kept as a contact (BEP 5). */
  readonly router?: boolean
}

export const TRANSPORTS = ['tcp', 'utp', 'both'] as const
export type Transport = (typeof TRANSPORTS)[number]
/**
 * How peers are spoken to. `off`: in the clear alone; `prefer`: encrypted where they can be, and as they like it where they dial us;
 * `require`: encrypted from the first byte to the last, or not at all.
 */
export const ENCRYPTIONS = ['off', 'prefer', 'require'] as const
export type EncryptionMode = (typeof ENCRYPTIONS)[number]

/** What a session is opened with. Immutable; limits alone change later (command `limits`). */
export interface SessionOptions {
  /** Literal local addresses; one UDP socket and one TCP listener each. */
  readonly bind: readonly string[]
  /** Whether to tell when one of them has gone, where the host can say so. */
  readonly watchAddresses: boolean
  /** One number for UDP and TCP: 0 lets the system pick (once, for both); `undefined` tries 6881 to 6999. */
  readonly port: number | undefined
  /** Whether to speak DHT at all. */
  readonly dht: boolean
  /** Whether to look for peers on the local network (BEP 14), where the host has multicast. */
  readonly lsd: boolean
  /** Whether to ask the trackers that torrents name; private ones ask theirs in any case (BEP 27). */
  readonly trackers: boolean
  /** Whether to fetch from the web servers that torrents name (BEP 19). */
  readonly webSeeds: boolean
  /** Whether streams and web servers are reached by way of a proxy, which looks names up; nothing is to go around it. */
  readonly proxied: boolean
  /** What carries connections to peers: TCP, uTP on the UDP port, or whichever opens first. */
  readonly transport: Transport
  /** Whether to have a gateway hand on what comes to its port, where the host can ask one and all addresses are bound to. */
  readonly portMapping: boolean
  readonly encryption: EncryptionMode
  /** Whether to accept peers. */
  readonly listen: boolean
  /** Entry points to the DHT, names or literals. */
  readonly bootstrap: readonly EntryPoint[]
  /** Queries answered a second per source; `undefined`: by scope; `Infinity`: off. */
  readonly queryLimit: number | undefined
  /** Queries answered a second in all; `undefined`: by scope; `Infinity`: no limit. */
  readonly replyLimit: number | undefined
  /** Whether queries of others are left unanswered (BEP 43); `undefined`: while others do not reach us. */
  readonly readOnly: boolean | undefined
  /** Whether look-ups end with, and announce to, nodes alone whose id fits their IP (BEP 42); `undefined`: not. */
  readonly enforceIds: boolean | undefined
  /** Bytes per second, `Infinity`: none. */
  readonly downloadLimit: number
  readonly uploadLimit: number
  /** Peers connected at once, over all torrents. */
  readonly maxPeers: number
  /** Torrents that have their turn at once, of each kind; those that nothing moves in do not count. */
  readonly maxActiveDownloads: number
  readonly maxActiveSeeds: number
  /** Bytes that pieces, what is sent and caches may hold, over all torrents (`MemoryPool`). */
  readonly memory: number
}

export const DEFAULT_MEMORY: number = 64 * 1024 * 1024
export const DEFAULT_PORT = 6881
export const LAST_PORT = 6999

/** Routers that answered in 2026 (public reports). Asked last and never kept in the table (BEP 5). */
const ROUTERS: readonly EntryPoint[] = [
  { host: 'dht.libtorrent.org', port: 25_401, router: true },
  { host: 'dht.transmissionbt.com', port: 6881, router: true },
  { host: 'router.bt.ouinet.work', port: 6881, router: true },
]

const SESSION_DEFAULTS: SessionOptions = Object.freeze({
  bind: Object.freeze(['0.0.0.0', '::']),
  // The face asks for it: in virtual time addresses stay, and a record tells whether somebody looked.
  watchAddresses: false,
  port: undefined,
  dht: true,
  // The face asks for it; the simulator's hosts have no multicast.
  lsd: false,
  trackers: false,
  webSeeds: true,
  proxied: false,
  // The face asks for both.
  transport: 'tcp',
  portMapping: false,
  // The face asks for more; in virtual time nobody looks on.
  encryption: 'off',
  listen: true,
  bootstrap: ROUTERS,
  queryLimit: undefined,
  replyLimit: undefined,
  readOnly: undefined,
  enforceIds: undefined,
  downloadLimit: Number.POSITIVE_INFINITY,
  uploadLimit: Number.POSITIVE_INFINITY,
  maxPeers: 200,
  maxActiveDownloads: Number.POSITIVE_INFINITY,
  maxActiveSeeds: Number.POSITIVE_INFINITY,
  memory: DEFAULT_MEMORY,
})

/** Whether the user has left it to us where to listen. */
export function isDefaultBind({ bind }: SessionOptions): boolean {
  return bind === SESSION_DEFAULTS.bind
}

const RANGES: readonly (readonly [keyof SessionOptions, number, number])[] = [
  ['port', 0, 65_535],
  ['queryLimit', 1, Number.POSITIVE_INFINITY],
  ['replyLimit', 1, Number.POSITIVE_INFINITY],
  ['downloadLimit', 1024, Number.POSITIVE_INFINITY],
  ['uploadLimit', 1024, Number.POSITIVE_INFINITY],
  ['maxPeers', 1, 65_535],
  ['maxActiveDownloads', 1, Number.POSITIVE_INFINITY],
  ['maxActiveSeeds', 1, Number.POSITIVE_INFINITY],
  ['memory', 1024 * 1024, 64 * 1024 ** 3],
]

const WHOLE: ReadonlySet<keyof SessionOptions> = new Set(['port', 'maxPeers', 'memory'])

/** Fills in the defaults and checks ranges. Throws a usage error that names the option. */
export function resolveSessionOptions(given: Partial<SessionOptions>): SessionOptions {
  const options: SessionOptions = { ...SESSION_DEFAULTS, ...given }
  for (const [key, low, high] of RANGES) {
    const value = options[key]
    if (value === undefined) continue
    const fits = typeof value === 'number' && value >= low && value <= high
    if (!fits || (WHOLE.has(key) && !Number.isInteger(value))) throw outOfRange(key, low, high)
  }
  if (!TRANSPORTS.includes(options.transport)) {
    throw usageError('options/transport', `The option transport must be one of ${TRANSPORTS.join(', ')}.`)
  }
  if (!ENCRYPTIONS.includes(options.encryption))
    throw usageError('options/encryption', `The option encryption must be one of ${ENCRYPTIONS.join(', ')}.`)
  if (options.bind.length === 0)
    throw usageError('options/bind', 'At least one address to bind to is needed.')
  return options
}

function outOfRange(key: keyof SessionOptions, low: number, high: number): LodestoneError {
  const range = high === Number.POSITIVE_INFINITY ? `${low} or more` : `${low} to ${high}`
  return usageError(
    `options/${key}`,
    `The option ${key} must be a ${WHOLE.has(key) ? 'whole number' : 'number'}, ${range}.`,
  )
}
