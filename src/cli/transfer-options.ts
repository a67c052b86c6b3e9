/** The options of the commands that move torrents. */
import {
  ENCRYPTIONS,
  type EncryptionMode,
  SEED_CHOKINGS,
  type SeedChoking,
  TRANSPORTS,
  type Transport,
} from '../index.ts'
import type { NetworkOptions } from './common-options.ts'
import type { OptionTable } from './option-table.ts'
import {
  readChoice,
  readDuration,
  readEndpointText,
  readInteger,
  readRatio,
  readSize,
  readText,
  readTrackerUrl,
} from './values.ts'

interface RecordOption {
  readonly record?: string
}

export const RECORD_OPTION: OptionTable<RecordOption> = {
  record: {
    kind: 'value',
    argument: '<file>',
    read: readText,
    otherwise: 'off',
    text: 'write every input of the run, for lodestone-sim replay',
  },
}

export interface PortMappingOption {
  readonly noPortMapping: boolean
}

export const PORT_MAPPING_OPTION: OptionTable<PortMappingOption> = {
  noPortMapping: { kind: 'flag', text: 'do not ask the gateway to let others in (PCP, NAT-PMP, UPnP)' },
}

export interface EncryptionOption {
  readonly encryption?: EncryptionMode
}

/** Of all commands that speak to peers. */
export const ENCRYPTION_OPTION: OptionTable<EncryptionOption> = {
  encryption: {
    kind: 'value',
    argument: '<how>',
    read: readChoice(ENCRYPTIONS),
    otherwise: 'prefer',
    text: 'how peers are spoken to: off, prefer or require',
  },
}

interface LimitOptions extends RecordOption, EncryptionOption, PortMappingOption {
  readonly peer?: readonly string[]
  readonly noLsd: boolean
  readonly trackers: boolean
  readonly tracker?: readonly string[]
  readonly transport?: Transport
  readonly proxy?: string
  readonly maxPeers?: number
  /** Bytes. */
  readonly memory?: number
  /** Bytes per second. */
  readonly downloadLimit?: number
  readonly uploadLimit?: number
  /** Uploaded by length of the content. */
  readonly seedRatio?: number
  /** Milliseconds. */
  readonly seedTime?: number
  readonly seedChoking?: SeedChoking
}

export interface TransferOptions extends NetworkOptions, LimitOptions {}

export const TRANSFER_OPTIONS: OptionTable<LimitOptions> = {
  peer: {
    kind: 'list',
    argument: '<host:port>',
    read: readEndpointText,
    otherwise: 'none',
    text: 'peer to connect to (repeatable)',
  },
  noLsd: { kind: 'flag', text: 'do not look for peers on the local network' },
  trackers: { kind: 'flag', text: 'ask the trackers that the torrent names; a private one always does' },
  tracker: {
    kind: 'list',
    argument: '<url>',
    read: readTrackerUrl,
    otherwise: 'none',
    text: 'tracker to ask, http, https or udp (repeatable)',
  },
  transport: {
    kind: 'value',
    argument: '<tcp|utp|both>',
    read: readChoice(TRANSPORTS),
    otherwise: 'both',
    text: 'what connections to peers go over; both: whichever opens first',
  },
  proxy: {
    kind: 'value',
    argument: '<socks5://host:port>',
    read: readText,
    otherwise: 'none',
    text: 'go through this proxy alone; no DHT, no local discovery, no UDP tracker, no incoming peers',
  },
  maxPeers: {
    kind: 'value',
    argument: '<n>',
    read: readInteger(1, 65535),
    otherwise: '200',
    text: 'connections at most',
  },
  memory: {
    kind: 'value',
    argument: '<size>',
    read: readSize,
    otherwise: '64M',
    text: 'for pieces, what is sent and caches together, such as 32M or 1G',
  },
  downloadLimit: {
    kind: 'value',
    argument: '<rate>',
    read: readSize,
    otherwise: 'none',
    text: 'bytes a second, such as 512k or 4M',
  },
  uploadLimit: {
    kind: 'value',
    argument: '<rate>',
    read: readSize,
    otherwise: 'none',
    text: 'bytes a second, such as 512k or 4M',
  },
  seedRatio: {
    kind: 'value',
    argument: '<r>',
    read: readRatio,
    otherwise: 'none',
    text: 'seed until so many times the content is uploaded, such as 1.5, then leave',
  },
  seedTime: {
    kind: 'value',
    argument: '<time>',
    read: readDuration,
    otherwise: 'none',
    text: 'seed for this long, such as 90s, 5m or 2h, then leave',
  },
  seedChoking: {
    kind: 'value',
    argument: '<policy>',
    read: readChoice(SEED_CHOKINGS),
    otherwise: 'round-robin',
    text: 'whom a seed serves when more want to than may: round-robin, fastest or anti-leech',
  },
  ...PORT_MAPPING_OPTION,
  ...ENCRYPTION_OPTION,
  ...RECORD_OPTION,
}
