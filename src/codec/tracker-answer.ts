/** What an HTTP tracker answers (BEP 3, with BEP 7, BEP 23 and BEP 31). */
import { type Address, parseAddress } from '../core/address.ts'
import { copyBytes, toLatin1 } from '../core/bytes.ts'
import { decodeUtf8, printable } from '../core/utf8.ts'
import type { BencodeLimits, BencodeValue } from './bencode.ts'
import { peerLength, readPeers } from './compact.ts'
import { type DictFields, readFields } from './dict-fields.ts'

export interface TrackerAnswer {
  /** Why it refuses, printable; all else is of no account then. */
  readonly failure?: string | undefined
  /** What it has to say besides. */
  readonly warning?: string | undefined
  /** Seconds until the next announce, and the least; at least 0. */
  readonly interval?: number | undefined
  readonly minInterval?: number | undefined
  /** To be sent back with the next announce. */
  readonly trackerId?: Uint8Array | undefined
  /** Perhaps unusable ones. */
  readonly peers: readonly Address[]
}

/** Longer answers are not read. */
export const LONGEST_ANSWER: number = 256 * 1024

/** Peers taken of one answer. */
const MOST_PEERS = 2_000
const LONGEST_SENTENCE = 200
const LONGEST_ID = 512
const LIMITS: BencodeLimits = { depth: 5, tokens: 20_000, length: LONGEST_ANSWER, lenient: true }

const FIELDS: ReadonlySet<string> = new Set([
  'failure reason',
  'interval',
  'min interval',
  'peers',
  'peers6',
  'tracker id',
  'warning message',
])

/** `undefined` for what is no dictionary. Fields of a wrong type count as absent. */
export function parseTrackerAnswer(bytes: Uint8Array): TrackerAnswer | undefined {
  if (bytes.length > LONGEST_ANSWER) return undefined
  const fields = readFields(bytes, 0, FIELDS, LIMITS)
  if (fields === undefined) return undefined
  const trackerId = fields.bytes('tracker id')
  return {
    failure: sentence(fields, 'failure reason'),
    warning: sentence(fields, 'warning message'),
    interval: seconds(fields, 'interval'),
    minInterval: seconds(fields, 'min interval'),
    trackerId: trackerId && trackerId.length <= LONGEST_ID ? copyBytes(trackerId) : undefined,
    peers: [...peersOf(fields.value('peers'), 4), ...peersOf(fields.value('peers6'), 6)].slice(0, MOST_PEERS),
  }
}

function sentence(fields: DictFields, name: string): string | undefined {
  const bytes = fields.bytes(name)
  return bytes && printable(decodeUtf8(bytes), LONGEST_SENTENCE)
}

function seconds(fields: DictFields, name: string): number | undefined {
  const value = fields.integer(name)
  return value === undefined || value < 0 ? undefined : value
}

/** Compact, or a list of dictionaries; what names a host in place of an address is left out, since looking it up would tell who asks. */
function peersOf(value: BencodeValue | undefined, family: 4 | 6): Address[] {
  if (value instanceof Uint8Array) {
    const whole = value.length - (value.length % peerLength(family))
    return readPeers(value.subarray(0, Math.min(whole, MOST_PEERS * peerLength(family))), family)
  }
  const peers: Address[] = []
  for (const entry of Array.isArray(value) ? value.slice(0, MOST_PEERS) : []) {
    if (!(entry instanceof Map)) continue
    const ip = entry.get('ip')
    const port = entry.get('port')
    if (!(ip instanceof Uint8Array) || ip.length > 45 || typeof port !== 'number') continue
    const peer = parseAddress(toLatin1(ip), port)
    if (peer !== undefined) peers.push(peer)
  }
  return peers
}
