/** The datagrams of UDP trackers (BEP 15, and the path of the URL by BEP 41). */
import type { Address } from '../core/address.ts'
import { latin1, readUint32, toLatin1, writeUint16, writeUint32 } from '../core/bytes.ts'
import { printable } from '../core/utf8.ts'
import type { Announce } from './announce.ts'
import { peerLength, readPeers } from './compact.ts'

const CONNECT = 0
const ANNOUNCE = 1
const ERROR = 3
/** What opens a request for a connection: 0x41727101980. */
const PROTOCOL = [0x417, 0x27101980] as const
const EVENTS = { none: 0, completed: 1, started: 2, stopped: 3 } as const

const URL_DATA = 2
const LONGEST_OPTION = 255
const LONGEST_PATH = 1_024
const LONGEST_SENTENCE = 200
const MOST_PEERS = 2_000
const TWO_32 = 2 ** 32

export type UdpTrackerAnswer =
  | { readonly kind: 'connected'; readonly transaction: number; readonly connection: Uint8Array }
  | {
      readonly kind: 'announced'
      readonly transaction: number
      /** Seconds. */
      readonly interval: number
      /** Perhaps unusable ones. */
      readonly peers: readonly Address[]
    }
  | { readonly kind: 'refused'; readonly transaction: number; readonly message: string }

export function encodeConnect(transaction: number): Uint8Array {
  const bytes = new Uint8Array(16)
  writeUint32(bytes, 0, PROTOCOL[0])
  writeUint32(bytes, 4, PROTOCOL[1])
  writeUint32(bytes, 8, CONNECT)
  writeUint32(bytes, 12, transaction)
  return bytes
}

/** `connection`: 8 bytes, as they came; `path`: that of the tracker's URL. */
export function encodeAnnounce(
  transaction: number,
  connection: Uint8Array,
  announce: Announce,
  path: string,
): Uint8Array {
  const options = path === '/' ? new Uint8Array(0) : urlData(latin1(path.slice(0, LONGEST_PATH)))
  const bytes = new Uint8Array(98 + options.length)
  bytes.set(connection, 0)
  writeUint32(bytes, 8, ANNOUNCE)
  writeUint32(bytes, 12, transaction)
  bytes.set(announce.infoHash, 16)
  bytes.set(announce.peerId, 36)
  writeUint64(bytes, 56, announce.downloaded)
  writeUint64(bytes, 64, announce.left)
  writeUint64(bytes, 72, announce.uploaded)
  writeUint32(bytes, 80, EVENTS[announce.event ?? 'none'])
  writeUint32(bytes, 88, announce.key)
  writeUint32(bytes, 92, announce.want)
  writeUint16(bytes, 96, announce.port)
  bytes.set(options, 98)
  return bytes
}

/** `family`: that of the tracker's address, which says what its peers are. `undefined`: malformed, or of no use to us. */
export function decodeUdpAnswer(bytes: Uint8Array, family: 4 | 6): UdpTrackerAnswer | undefined {
  if (bytes.length < 8) return undefined
  const transaction = readUint32(bytes, 4)
  switch (readUint32(bytes, 0)) {
    case CONNECT:
      if (bytes.length < 16) return undefined
      return { kind: 'connected', transaction, connection: Uint8Array.from(bytes.subarray(8, 16)) }
    case ANNOUNCE: {
      if (bytes.length < 20) return undefined
      const count = Math.min(Math.floor((bytes.length - 20) / peerLength(family)), MOST_PEERS)
      const peers = readPeers(bytes.subarray(20, 20 + count * peerLength(family)), family)
      return { kind: 'announced', transaction, interval: readUint32(bytes, 8), peers }
    }
    case ERROR:
      return { kind: 'refused', transaction, message: printable(toLatin1(bytes, 8), LONGEST_SENTENCE) }
    default:
      return undefined
  }
}

function urlData(path: Uint8Array): Uint8Array {
  const parts: number[] = []
  for (let at = 0; at < path.length; at += LONGEST_OPTION) {
    const part = path.subarray(at, at + LONGEST_OPTION)
    parts.push(URL_DATA, part.length, ...part)
  }
  return Uint8Array.from(parts)
}

function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, Math.floor(value / TWO_32))
  writeUint32(bytes, at + 4, value % TWO_32)
}
