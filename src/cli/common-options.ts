/** The options that commands share, as `option-table.ts` has them. */
import type { OptionTable } from './option-table.ts'
import {
  readAddress,
  readBootstrap,
  readChoice,
  readDuration,
  readInteger,
  readQueryLimit,
  readText,
} from './values.ts'

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Every command has these. */
export interface OutputOptions {
  readonly json: boolean
  readonly logLevel: LogLevel
  readonly quiet: boolean
  /** Milliseconds. */
  readonly timeout?: number
  readonly config?: string
}

export const OUTPUT_OPTIONS: OptionTable<OutputOptions> = {
  json: { kind: 'flag', text: 'one JSON object a line on standard output' },
  logLevel: {
    kind: 'value',
    argument: '<level>',
    read: readChoice(LOG_LEVELS),
    fallback: 'info',
    text: 'error, warn, info or debug; below info nothing but results is shown',
  },
  quiet: { kind: 'flag', text: 'the same as --log-level error' },
  timeout: {
    kind: 'value',
    argument: '<time>',
    read: readDuration,
    otherwise: 'none',
    text: 'give up when the result has not come by then',
  },
  config: {
    kind: 'value',
    argument: '<file>',
    read: readText,
    otherwise: 'none',
    text: 'the same options as JSON; the command line wins',
  },
}

/** Commands that open a socket have these too. */
export interface NetworkOptions extends OutputOptions {
  readonly bind?: readonly string[]
  readonly interface?: string
  readonly port?: number
  readonly bootstrap?: readonly string[]
  readonly noDht: boolean
  readonly state?: string
  readonly queryLimit?: number | 'off'
  readonly replyLimit?: number | 'off'
}

export const NETWORK_OPTIONS: OptionTable<NetworkOptions> = {
  bind: {
    kind: 'list',
    argument: '<address>',
    read: readAddress,
    otherwise: 'all addresses',
    text: 'local address to listen on (repeatable)',
  },
  interface: {
    kind: 'value',
    argument: '<name>',
    read: readText,
    otherwise: 'all of them',
    text: 'network interface to bind to, in place of addresses',
  },
  port: {
    kind: 'value',
    argument: '<n>',
    read: readInteger(0, 65535),
    otherwise: '6881, or the next free one up to 6999',
    text: 'one port for UDP and TCP; 0: the system picks',
  },
  bootstrap: {
    kind: 'list',
    argument: '<host:port>',
    read: readBootstrap,
    otherwise: 'built-in routers; none when bound only to loopback',
    text: 'entry point of the DHT (repeatable), or none',
  },
  noDht: { kind: 'flag', text: 'no DHT at all' },
  state: {
    kind: 'value',
    argument: '<dir>',
    read: readText,
    otherwise: 'the state folder of the platform',
    text: 'folder of the routing table, node id and resume data',
  },
  queryLimit: {
    kind: 'value',
    argument: '<n|off>',
    read: readQueryLimit,
    otherwise: '2 towards global addresses, off elsewhere',
    text: 'queries answered a second and source',
  },
  replyLimit: {
    kind: 'value',
    argument: '<n|off>',
    read: readQueryLimit,
    otherwise: '2000 towards global addresses, off elsewhere',
    text: 'queries answered a second in all',
  },
  ...OUTPUT_OPTIONS,
}
