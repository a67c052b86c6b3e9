import type { Rng } from '../core/rng.ts'
import { below } from '../core/rng.ts'
import type { Rc4 } from './rc4.ts'
import type { Hash } from './stream-keys.ts'

/** What carries the stream after the handshake: bits of `crypto_provide` and `crypto_select`. */
export const METHOD = { plain: 1, rc4: 2 } as const

/** No padding is longer. */
export const LONGEST_PAD = 512
/** The verification constant: eight zeros. */
export const CONSTANT_LENGTH = 8

/** What a handshake of either side is made with. */
export interface HandshakeInit {
  readonly secret: Rng
  readonly sha1: Hash
  /** What we can do with: bits of `METHOD`. */
  readonly methods: number
  /** Bytes to be sent, the receiver's. */
  send(bytes: Uint8Array): void
  /** The length of a padding, 0 to 512; by default any. */
  readonly pad?: (secret: Rng) => number
}

/** Why there is no encrypted stream. */
export type HandshakeFault =
  /** The public key is 0, 1, p - 1, or above; or these bytes are plainly another protocol's. */
  | 'bad-key'
  /** More handshakes have come than are worked out. */
  | 'busy'
  /** The padding did not end within 512 bytes. */
  | 'no-sync'
  /** Nobody here knows the torrent. */
  | 'unknown-torrent'
  | 'bad-constant'
  /** Nothing is offered that we can do with, or something is selected that we have not offered. */
  | 'no-method'
  | 'pad-too-long'

/** What both sides have agreed on: the stream begins. */
export interface Agreement {
  /** One bit of `METHOD`. */
  readonly method: number
  readonly sending: Rc4
  readonly receiving: Rc4
  /** So many of the next bytes are encrypted whatever the method: the payload that came with the handshake. */
  readonly initial: number
}

/** Random bytes, as many as by lot. */
export function padding({ secret, pad = anyLength }: Pick<HandshakeInit, 'secret' | 'pad'>): Uint8Array {
  const bytes = new Uint8Array(pad(secret))
  secret.fill(bytes)
  return bytes
}

function anyLength(secret: Rng): number {
  return below(secret, LONGEST_PAD + 1)
}
