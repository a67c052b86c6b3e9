/** The fixed shapes of the peer wire protocol: handshake and frame heads (BEP 3, BEP 5 `port`, BEP 6, BEP 10, BEP 52). */
import { copyBytes, latin1, writeUint16, writeUint32 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { NODE_LENGTH } from '../core/merkle.ts'
import { HASH_HEAD_LENGTH, LONGEST_HASHES } from './hash-message.ts'

export const HANDSHAKE_LENGTH = 68
/** Where the info-hash ends in a handshake: from here on the responder knows enough to answer. */
export const HANDSHAKE_HASH_END = 48
/** Every frame begins with its length. */
export const LENGTH_PREFIX = 4

/** Length byte and name, the first 20 bytes of a handshake. */
export const PROTOCOL_PREFIX: Uint8Array = latin1('\x13BitTorrent protocol')

/** Which of the eight reserved bytes says what. */
const RESERVED = {
  extended: { at: 5, mask: 0x10 },
  dht: { at: 7, mask: 0x01 },
  fast: { at: 7, mask: 0x04 },
  /** Of the torrent that is named by its hash of version 1 it knows that of version 2 as well (BEP 52, "Upgrade Path"). */
  v2: { at: 7, mask: 0x10 },
} as const

export type Feature = keyof typeof RESERVED

/** Eight reserved bytes that claim `features`. */
export function reservedOf(features: Readonly<Partial<Record<Feature, boolean>>>): Uint8Array {
  const reserved = new Uint8Array(8)
  for (const feature of ['extended', 'dht', 'fast', 'v2'] as const) {
    const { at, mask } = RESERVED[feature]
    if (features[feature]) reserved[at]! |= mask
  }
  return reserved
}

export function claims(reserved: Uint8Array, feature: Feature): boolean {
  const { at, mask } = RESERVED[feature]
  return (reserved[at]! & mask) !== 0
}

export interface Handshake {
  /** 8 bytes. */
  readonly reserved: Uint8Array
  readonly infoHash: Id
  /** 20 bytes. */
  readonly peerId: Id
}

/** Writes 68 bytes at `at`; the offset past them. */
export function writeHandshake(into: Uint8Array, at: number, handshake: Handshake): number {
  into.set(PROTOCOL_PREFIX, at)
  into.set(handshake.reserved, at + 20)
  into.set(handshake.infoHash, at + 28)
  into.set(handshake.peerId, at + HANDSHAKE_HASH_END)
  return at + HANDSHAKE_LENGTH
}

/**
 * How many of the first `length` bytes may begin a handshake: `length`, or the offset of the first that differs from the
 * protocol's name. A stranger is recognised at its first wrong byte.
 */
export function matchingPrefix(bytes: Uint8Array, length: number): number {
  const checked = Math.min(length, PROTOCOL_PREFIX.length)
  for (let i = 0; i < checked; i++) if (bytes[i] !== PROTOCOL_PREFIX[i]) return i
  return length
}

/** The parts of 68 handshake bytes, copied. The protocol's name is for `matchingPrefix`. */
export function readHandshake(bytes: Uint8Array): Handshake {
  return {
    reserved: copyBytes(bytes, 20, 28),
    infoHash: copyBytes(bytes, 28, HANDSHAKE_HASH_END),
    peerId: copyBytes(bytes, HANDSHAKE_HASH_END, HANDSHAKE_LENGTH),
  }
}

/** Message ids. */
export const MESSAGE = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
  hashRequest: 21,
  hashes: 22,
  hashReject: 23,
} as const

/** Whole frames in bytes, length prefix included; payloads come on top of the heads. */
export const FRAME = {
  keepAlive: 4,
  simple: 5,
  index: 9,
  block: 17,
  pieceHead: 13,
  bitfieldHead: 5,
  port: 7,
  extendedHead: 6,
} as const

/** Messages without payload. */
export type SimpleMessage = 0 | 1 | 2 | 3 | 14 | 15
/** Messages whose payload is a piece index. */
export type IndexMessage = 4 | 13 | 17
/** Messages whose payload names a block. */
export type BlockMessage = 6 | 8 | 16

const FIXED_LENGTHS: ReadonlyMap<number, number> = new Map([
  ...[0, 1, 2, 3, 14, 15].map((id) => [id, 1] as const),
  ...[4, 13, 17].map((id) => [id, 5] as const),
  ...[6, 8, 16].map((id) => [id, 13] as const),
  [MESSAGE.port, 3],
  [MESSAGE.hashRequest, 1 + HASH_HEAD_LENGTH],
  [MESSAGE.hashReject, 1 + HASH_HEAD_LENGTH],
])

/** Whether a frame of message `id` may be `length` bytes long (id included, prefix not). Ids unknown to us may be anything. */
export function isLegalLength(id: number, length: number): boolean {
  const fixed = FIXED_LENGTHS.get(id)
  if (fixed !== undefined) return length === fixed
  if (id === MESSAGE.piece) return length >= 9
  if (id === MESSAGE.hashes) {
    const nodes = (length - 1 - HASH_HEAD_LENGTH) / NODE_LENGTH
    return nodes >= 1 && Number.isInteger(nodes) && length <= 1 + LONGEST_HASHES
  }
  return length >= (id === MESSAGE.extended ? 2 : 1)
}

// Writers: each writes at `at` and returns the offset past what it wrote.

export function writeKeepAlive(into: Uint8Array, at: number): number {
  writeUint32(into, at, 0)
  return at + FRAME.keepAlive
}

export function writeSimple(into: Uint8Array, at: number, id: SimpleMessage): number {
  return writeHead(into, at, 1, id)
}

/** `have`, `suggest` or `allowedFast`. */
export function writeIndex(into: Uint8Array, at: number, id: IndexMessage, piece: number): number {
  const body = writeHead(into, at, 5, id)
  writeUint32(into, body, piece)
  return body + 4
}

export function writeBitfield(into: Uint8Array, at: number, bits: Uint8Array): number {
  const body = writeHead(into, at, 1 + bits.length, MESSAGE.bitfield)
  into.set(bits, body)
  return body + bits.length
}

/** `request`, `cancel` or `reject`. */
export function writeBlockFrame(
  into: Uint8Array,
  at: number,
  id: BlockMessage,
  piece: number,
  begin: number,
  length: number,
): number {
  const body = writeHead(into, at, 13, id)
  writeUint32(into, body, piece)
  writeUint32(into, body + 4, begin)
  writeUint32(into, body + 8, length)
  return body + 12
}

/** The 13 bytes before the `length` bytes of a block. */
export function writePieceHead(
  into: Uint8Array,
  at: number,
  piece: number,
  begin: number,
  length: number,
): number {
  const body = writeHead(into, at, 9 + length, MESSAGE.piece)
  writeUint32(into, body, piece)
  writeUint32(into, body + 4, begin)
  return body + 8
}

/** The DHT port (BEP 5). */
export function writePort(into: Uint8Array, at: number, port: number): number {
  const body = writeHead(into, at, 3, MESSAGE.port)
  writeUint16(into, body, port)
  return body + 2
}

/** The 6 bytes before the payload of an extension message; `extension` is the remote's id for it, 0 the handshake (BEP 10). */
export function writeExtendedHead(
  into: Uint8Array,
  at: number,
  payloadLength: number,
  extension: number,
): number {
  const body = writeHead(into, at, 2 + payloadLength, MESSAGE.extended)
  into[body] = extension
  return body + 1
}

/** A message whose payload is made elsewhere. */
export function writeMessage(into: Uint8Array, at: number, id: number, payload: Uint8Array): number {
  const body = writeHead(into, at, 1 + payload.length, id)
  into.set(payload, body)
  return body + payload.length
}

function writeHead(into: Uint8Array, at: number, length: number, id: number): number {
  writeUint32(into, at, length)
  into[at + LENGTH_PREFIX] = id
  return at + LENGTH_PREFIX + 1
}
