/** The options of the commands that move torrents. */
import type { NetworkOptions } from './common-options.ts'
import type { OptionTable } from './option-table.ts'
import { readEndpointText, readInteger, readSize, readText } from './values.ts'

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

interface LimitOptions extends RecordOption {
  readonly peer?: readonly string[]
  readonly maxPeers?: number
  /** Bytes per second. */
  readonly downloadLimit?: number
  readonly uploadLimit?: number
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
  maxPeers: {
    kind: 'value',
    argument: '<n>',
    read: readInteger(1, 65535),
    otherwise: '200',
    text: 'connections at most',
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
  ...RECORD_OPTION,
}
