import { concatBytes, latin1 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { Rc4 } from './rc4.ts'

/** Of each key stream so many bytes are thrown away. */
const DROPPED = 1024

export type Hash = (bytes: Uint8Array) => Uint8Array

/** What an incoming stream names its torrent by, masked: `HASH('req2', SKEY)`. */
export function torrentMark(sha1: Hash, infoHash: Id): Uint8Array {
  return sha1(concatBytes([latin1('req2'), infoHash]))
}

/** Where the padding of the side that dials ends: `HASH('req1', S)`. */
export function syncMark(sha1: Hash, secret: Uint8Array): Uint8Array {
  return sha1(concatBytes([latin1('req1'), secret]))
}

/** Puts the mask `HASH('req3', S)` on a torrent's mark, or takes it off. */
export function masked(sha1: Hash, secret: Uint8Array, mark: Uint8Array): Uint8Array {
  const mask = sha1(concatBytes([latin1('req3'), secret]))
  return Uint8Array.from(mask, (byte, i) => byte ^ mark[i]!)
}

export interface StreamKeys {
  /** From the side that dialled, */
  readonly dialler: Rc4
  /** and to it. */
  readonly accepter: Rc4
}

/** Both ciphers of a stream, by the secret of both sides and the torrent that it is for. */
export function streamKeys(sha1: Hash, secret: Uint8Array, infoHash: Id): StreamKeys {
  const cipher = (name: string): Rc4 => new Rc4(sha1(concatBytes([latin1(name), secret, infoHash])), DROPPED)
  return { dialler: cipher('keyA'), accepter: cipher('keyB') }
}
