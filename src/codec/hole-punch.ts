/** The message of hole punching (BEP 55, `ut_holepunch`). */
import { type Address, addressFromBytes } from '../core/address.ts'
import { readUint16, readUint32, writeUint32 } from '../core/bytes.ts'
import { writePeer } from './compact.ts'

export const HOLE_PUNCH_ERROR = { noSuchPeer: 1, notConnected: 2, noSupport: 3, noSelf: 4 } as const

const KINDS = ['rendezvous', 'connect', 'error'] as const

export interface HolePunchMessage {
  /** Asked of a relay; told by it to both sides; or why it cannot be. */
  readonly kind: (typeof KINDS)[number]
  /** Whom it is about; may be unusable. */
  readonly address: Address
  /** One of `HOLE_PUNCH_ERROR` or one that we do not know; 0 unless it is an error. */
  readonly error: number
}

/** Kind and family, and the number of an error. */
const HEAD = 2
const ERROR = 4

/** Whether a message may have so many bytes. libtorrent leaves out the number where there is no error. */
export function isHolePunchLength(length: number): boolean {
  return [4, 16].some((host) => length === HEAD + host + 2 || length === HEAD + host + 2 + ERROR)
}

/** `undefined`: malformed, or of a kind or family that BEP 55 does not name. */
export function decodeHolePunch(payload: Uint8Array): HolePunchMessage | undefined {
  const kind = KINDS[payload[0] ?? -1]
  const family = payload[1] === 0 ? 4 : payload[1] === 1 ? 6 : undefined
  if (kind === undefined || family === undefined) return undefined
  const port = HEAD + (family === 4 ? 4 : 16)
  const end = port + 2
  if (payload.length !== end + ERROR && (payload.length !== end || kind === 'error')) return undefined
  const error = kind === 'error' ? readUint32(payload, end) : 0
  return { kind, address: addressFromBytes(payload, HEAD, family, readUint16(payload, port)), error }
}

export function encodeHolePunch({ kind, address, error }: HolePunchMessage): Uint8Array {
  const payload = new Uint8Array(HEAD + address.bytes.length + 2 + ERROR)
  payload[0] = KINDS.indexOf(kind)
  payload[1] = address.family === 4 ? 0 : 1
  writeUint32(payload, writePeer(payload, HEAD, address), error)
  return payload
}
