import { type FileRange, parseFileRanges } from '../codec/file-ranges.ts'
import { parseAddress, splitEndpoint } from '../core/address.ts'
import type { LodestoneError } from '../core/errors.ts'
import { usageError } from '../core/errors.ts'
import { MILLISECOND } from '../core/time.ts'
import type { AddOptions, SeedChoking, SeedLimits } from '../session/commands.ts'
import { SEED_CHOKINGS } from '../session/commands.ts'
import type { OlderFile } from '../session/older-files.ts'
import {
  type EncryptionMode,
  resolveSessionOptions,
  type SessionOptions,
  type Transport,
} from '../session/options.ts'
import { namedServers } from './urls.ts'

/** How a node is opened. Everything may be left out. */
export interface OpenOptions {
  /** Literal local addresses to listen on; by default all, IPv4 and IPv6. */
  readonly bind?: readonly string[]
  /**
   * Name of a network interface whose addresses, as they are now, are bound to in place of `bind`. When they go, nothing is sent by another
   * one (event `warning`, `network/address-gone`).
   */
  readonly interface?: string
  /** One number for UDP and TCP: taken exactly or refused; 0: the system's choice; by default the first free of 6881 to 6999. */
  readonly port?: number
  /** `host:port` of DHT entry points, in place of the built-in routers; `none`: no entry point at all. */
  readonly bootstrap?: readonly string[] | 'none'
  /** Whether to be a node of the DHT. Default true. */
  readonly dht?: boolean
  /** Whether to tell and find peers on the local network by multicast (BEP 14). Default true. */
  readonly lsd?: boolean
  /** Whether to ask the trackers that torrents name. Default false: private torrents (BEP 27) and `AddTorrentOptions.trackers` alone do. */
  readonly trackers?: boolean
  /** Whether to fetch from the web servers that torrents name (BEP 19), besides peers. Default true. */
  readonly webSeeds?: boolean
  /**
   * Whether to have the gateway hand on what comes to our port (PCP, NAT-PMP, UPnP), renewed, and taken back at the end; where all addresses
   * are bound to alone. Default true.
   */
  readonly portMapping?: boolean
  /** Folder for the routing table, the node id and resume data; `false`: nothing is kept. Default: the platform's place. */
  readonly state?: string | false
  /** Queries answered a second per source; by default 2 in the open network and no limit in private ones. */
  readonly queryLimit?: number | 'off'
  /** Queries answered a second in all; by default 2000 in the open network and no limit in private ones. */
  readonly replyLimit?: number | 'off'
  /** Whether DHT queries of others are left unanswered (BEP 43). Default `auto`: while others do not reach this node. */
  readonly readOnly?: boolean | 'auto'
  /** Whether look-ups end with, and announce to, DHT nodes alone whose id fits their IP (BEP 42). Default false. */
  readonly enforceIds?: boolean
  /** Bytes per second from and to all peers, payload and protocol (that of the DHT apart); by default no limit. */
  readonly downloadLimit?: number
  readonly uploadLimit?: number
  /** Peers connected at once. Default 200. */
  readonly maxPeers?: number
  /**
   * How many torrents download, and how many seed, at once; the others wait (event `queue`, phase `queued`) in the order in which they were added
   * (`torrent.moveTo`). Those in which nothing has moved for a minute do not count. By default no limit.
   */
  readonly maxActiveDownloads?: number
  readonly maxActiveSeeds?: number
  /** Bytes that pieces, what is sent and caches may hold together, 1 MiB or more. Default 64 MiB; runtime and code take their own beside it. */
  readonly memory?: number
  /** What connections to peers go over: TCP, uTP (BEP 29) on the UDP port, or both, whichever opens first. Default `both`. */
  readonly transport?: Transport
  /**
   * `prefer` (default): peers are spoken to encrypted (MSE), or in the clear where they can do nothing else, and those that dial may do as they like;
   * what follows the handshake is encrypted where the other side insists. `require`: all of it, with everybody. `off`: nothing.
   */
  readonly encryption?: EncryptionMode
  /** Whether to accept peers. Default true. */
  readonly listen?: boolean
  /**
   * `socks5://[user:password@]host:port` (characters with a meaning in URLs percent-encoded): peers, HTTP trackers and web seeds are
   * reached through this proxy, which looks up the names of servers, and nothing is done around it. So there is no DHT, no local
   * discovery, no UDP tracker, no port to be dialled at, and names of peers are not looked up.
   */
  readonly proxy?: string
  /** File that every input of the run is written to (at most 256 MiB), for `lodestone-sim replay`. */
  readonly record?: string
}

/** Each `host:port` as its parts. Throws a usage error that names what they were given for. */
export function endpoints(
  texts: readonly string[],
  what: string,
): { readonly host: string; readonly port: number }[] {
  if (!Array.isArray(texts)) throw badEndpoint(texts, what)
  return texts.map((text: unknown) => {
    const parts = typeof text === 'string' ? splitEndpoint(text) : undefined
    if (parts === undefined) throw badEndpoint(text, what)
    return parts
  })
}

/** Throws a usage error that names what the port was given for. */
export function checkPort(port: number, what: string): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return
  throw usageError('options/port', `${port} is no port: give a whole number from 1 to 65535 (in ${what}).`)
}

/** Throws a usage error for what is no literal local address. */
export function checkBind(hosts: readonly string[]): void {
  for (const host of hosts) {
    if (parseAddress(host, 1) === undefined)
      throw usageError('options/bind', `"${host}" is not an address to bind to: give a literal one.`)
  }
}

/** The session's options; what was not given is left to its defaults. */
export function sessionOptions(options: OpenOptions): Partial<SessionOptions> {
  const direct = options.proxy === undefined
  const { bind, port, bootstrap, dht = direct, lsd = direct, readOnly = 'auto', enforceIds } = options
  const { downloadLimit, uploadLimit, maxPeers, maxActiveDownloads, maxActiveSeeds, memory } = options
  const { listen = direct, portMapping = direct, encryption = 'prefer' } = options
  // Nothing goes around a proxy.
  const { trackers = false, webSeeds = true } = options
  const { transport = direct ? 'both' : 'tcp' } = options
  const queryLimit = offOr(options.queryLimit)
  const replyLimit = offOr(options.replyLimit)
  checkBind(bind ?? [])
  const loopbackOnly = bind?.every((host) => host.startsWith('127.') || host === '::1') === true
  const entries =
    bootstrap === 'none' || (bootstrap === undefined && loopbackOnly)
      ? []
      : bootstrap && endpoints(bootstrap, 'bootstrap')
  return {
    ...(bind === undefined ? {} : { bind, watchAddresses: true }),
    ...(port === undefined ? {} : { port }),
    ...(entries === undefined ? {} : { bootstrap: entries }),
    dht,
    lsd,
    transport,
    listen,
    portMapping,
    trackers,
    webSeeds,
    proxied: !direct,
    encryption,
    ...(queryLimit === undefined ? {} : { queryLimit }),
    ...(replyLimit === undefined ? {} : { replyLimit }),
    ...(readOnly === 'auto' ? {} : { readOnly }),
    ...(enforceIds === undefined ? {} : { enforceIds }),
    ...(downloadLimit === undefined ? {} : { downloadLimit }),
    ...(uploadLimit === undefined ? {} : { uploadLimit }),
    ...(maxPeers === undefined ? {} : { maxPeers }),
    ...(maxActiveDownloads === undefined ? {} : { maxActiveDownloads }),
    ...(maxActiveSeeds === undefined ? {} : { maxActiveSeeds }),
    ...(memory === undefined ? {} : { memory }),
  }
}

function offOr(limit: number | 'off' | undefined): number | undefined {
  return limit === 'off' ? Number.POSITIVE_INFINITY : limit
}

function badEndpoint(text: unknown, what: string): LodestoneError {
  return usageError('options/endpoint', `"${text}" is not a host:port (in ${what}).`)
}

/** Files by their index (`FilePlan.index`, from 0), ranges with both ends included, or as text: `0,2,4-6`. */
export type FileSelection = string | readonly (number | readonly [first: number, last: number])[]

/** How a torrent is added. */
export interface AddTorrentOptions {
  /** Folder for the files. Default: the current folder. */
  readonly out?: string
  /**
   * `download` (default); `seed`: what is in `out` already; `metadata`: the info dictionary alone; `trial`: that, and whether the files could be
   * laid out in `out`, of which nothing is touched (event `warning`: why they cannot).
   */
  readonly mode?: 'download' | 'seed' | 'metadata' | 'trial'
  /** Whether files of the same names that hold something else may be written over. */
  readonly overwrite?: boolean
  /**
   * What older versions of the torrent wrote (`Lodestone.versions`), which may be written over, cut, and removed where it is in the way, as long as nobody
   * has changed it. What somebody has changed is refused.
   */
  readonly replaces?: readonly OlderFile[]
  /**
   * How files come to their length: `none`: as they are written; `sparse` (default): at once, with holes; `full`: written out with zeros
   * before the first piece is asked for, so that a disk that is too small says so then.
   */
  readonly allocate?: 'none' | 'sparse' | 'full'
  /** Whether everything on disk is hashed again. */
  readonly recheck?: boolean
  readonly maxPeers?: number
  /** Bytes per second of this torrent, within the limits of the node; by default none of its own. */
  readonly downloadLimit?: number
  readonly uploadLimit?: number
  /** Whether pieces are fetched in their order, for whoever reads along; the swarm fares better without. Default false. */
  readonly sequential?: boolean
  /**
   * Files to download. By default what the magnet link asks for (`so`, BEP 53), or all. What neighbouring files have of the pieces of
   * these is kept in a hidden folder.
   */
  readonly select?: FileSelection
  /**
   * Whom it serves while it seeds and more want to download than may at once: `round-robin` (default) all by turns; `fastest` those that take
   * fastest; `anti-leech` those that have least or most, since the others have something to trade. The last two try one by lot as well.
   */
  readonly seedChoking?: SeedChoking
  /**
   * Super-seeding (BEP 16), for the first seed of a torrent: each peer is shown only the pieces that it is to fetch from here and pass on, so
   * that little is sent twice. It takes longer, and does not show that it is a seed.
   */
  readonly superSeed?: boolean
  /** `host:port` of peers to begin with. */
  readonly peers?: readonly string[]
  /** URLs of trackers to ask, each a tier of its own (BEP 12) before those of the torrent: `http://`, `https://` or `udp://host:port`. */
  readonly trackers?: readonly string[]
  /** URLs of web servers that have the content (BEP 19), besides those of the torrent: a file, or a folder with a slash at its end. */
  readonly webSeeds?: readonly string[]
  /**
   * Ends the torrent (event `seeded`) when it is complete and has uploaded this many times the bytes of its content in this run, such
   * as 1.5; 0: when it is complete.
   */
  readonly seedRatio?: number
  /** Ends it (event `seeded`) this many milliseconds after it was complete. The first limit that is reached counts. */
  readonly seedTime?: number
  /** Aborting it removes the torrent. */
  readonly signal?: AbortSignal
}

/**
 * A torrent's options as its session takes them. `most`: its peers by default; `files`: how many it has, where that is known. Throws a usage
 * error that names what is wrong.
 */
export function addOptions(options: AddTorrentOptions, most: number, files?: number): AddOptions {
  const { out = '.', mode = 'download', overwrite = false, recheck = false, sequential = false } = options
  const { maxPeers = most, allocate: allocation, replaces, superSeed } = options
  resolveSessionOptions({ maxPeers })
  const { download: downloadLimit, upload: uploadLimit } = rateLimits({
    download: options.downloadLimit,
    upload: options.uploadLimit,
  })
  return {
    ...{ out, mode, overwrite, recheck, allocation, maxPeers, sequential, downloadLimit, uploadLimit },
    ...(replaces === undefined ? {} : { replaces }),
    ...(superSeed === undefined ? {} : { superSeed }),
    ...seedLimits(options),
    ...seedChokingOf(options),
    ...namedServers(options),
    select: options.select === undefined ? [] : fileRanges(options.select, files),
  }
}

function seedLimits({ seedRatio, seedTime }: AddTorrentOptions): SeedLimits {
  for (const [key, value] of Object.entries({ seedRatio, seedTime })) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw usageError(`options/${key}`, `The option ${key} must be a number, 0 or more.`)
  }
  return {
    ...(seedRatio === undefined ? {} : { seedRatio }),
    ...(seedTime === undefined ? {} : { seedTime: Math.round(seedTime * MILLISECOND) }),
  }
}

/** Bytes per second; absent: no limit. */
export interface Limits {
  readonly download?: number | undefined
  readonly upload?: number | undefined
}

function seedChokingOf({ seedChoking }: AddTorrentOptions): Pick<AddOptions, 'seedChoking'> {
  if (seedChoking === undefined) return {}
  if (SEED_CHOKINGS.includes(seedChoking)) return { seedChoking }
  throw usageError(
    'options/seedChoking',
    `The option seedChoking must be one of ${SEED_CHOKINGS.join(', ')}.`,
  )
}

/** Throws a usage error that names the limit. */
export function rateLimits(limits: Limits): { readonly download: number; readonly upload: number } {
  const { download = Number.POSITIVE_INFINITY, upload = Number.POSITIVE_INFINITY } = limits
  resolveSessionOptions({ downloadLimit: download, uploadLimit: upload })
  return { download, upload }
}

/** Throws a usage error for what is no index or range, or begins beyond the last of so many files, where that is known. */
export function fileRanges(
  select: FileSelection,
  files: number = Number.POSITIVE_INFINITY,
): readonly FileRange[] {
  const parts: readonly unknown[] = Array.isArray(select)
    ? select
    : [typeof select === 'string' ? select : '']
  const text = parts.map((one) => [one].flat().join('-')).join(',')
  const { ranges, odd } = parseFileRanges(text)
  if (odd > 0)
    throw usageError(
      'options/select',
      `"${text}" names no files: give indices from 0 and ranges, such as 0,2,4-6.`,
    )
  const absent = ranges.find(({ first }) => first >= files)
  if (absent === undefined) return ranges
  throw usageError(
    'torrent/no-such-file',
    `There is no file ${absent.first}: the torrent has ${files}, counted from 0.`,
  )
}

/** What a look-up does besides looking for peers. */
export interface LookupOptions {
  /** A port to be announced at the end. */
  readonly announce?: number
  /** Estimates how many peers there are (BEP 33). */
  readonly scrape?: boolean
  /** Tells the way that it took: whom it heard of, from whom, and what became of them. */
  readonly explain?: boolean
  readonly signal?: AbortSignal
}

/** How a node is graded. */
export interface ProbeOptions {
  /** Literal local addresses to ask from; the second shows what takes two IPs. By default the system's choice. */
  readonly bind?: readonly string[]
  /** Name of a network interface to ask from, in place of `bind`. */
  readonly interface?: string
  /** Datagrams a second; by default 1.8 towards global addresses, where a node may answer two, and no limit elsewhere. */
  readonly rate?: number
  /** Whether to run rules that wait for minutes. Default false. */
  readonly slow?: boolean
  /** Aborting it ends the probe. */
  readonly signal?: AbortSignal
}
