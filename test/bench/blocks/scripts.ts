/** What scripted peers say and understand, with as little work as can be. */
import { encodeExtendedHandshake } from '../../../src/codec/extended.ts'
import {
  HANDSHAKE_LENGTH,
  MESSAGE,
  reservedOf,
  writeHandshake,
  writePieceHead,
} from '../../../src/codec/wire.ts'
import { Bitfield } from '../../../src/core/bitfield.ts'
import { concatBytes, readUint32, writeUint32 } from '../../../src/core/bytes.ts'
import type { Id } from '../../../src/core/id.ts'
import type { Rng } from '../../../src/core/rng.ts'
import { extended, message } from '../../support/hostile-peer.ts'

export { HANDSHAKE_LENGTH }

/** What peer `number` says first: handshake, how many requests it queues, its pieces, and that it is interested. */
export function greeting(infoHash: Id, number: number, pieces: Bitfield, requestQueue: number): Uint8Array {
  const opening = new Uint8Array(HANDSHAKE_LENGTH)
  const peerId = new Uint8Array(20)
  writeUint32(peerId, 0, number)
  const reserved = reservedOf({ extended: true, dht: false, fast: false })
  writeHandshake(opening, 0, { reserved, infoHash, peerId })
  const own = encodeExtendedHandshake({ ids: { ut_pex: 1 }, requestQueue })
  return concatBytes([
    opening,
    extended(0, own),
    message(MESSAGE.bitfield, pieces.bytes),
    message(MESSAGE.interested),
  ])
}

/** The pieces of one of two peers that have everything between them. */
export function half(count: number, dice: Rng): [Bitfield, Bitfield] {
  const bytes = new Uint8Array(Math.ceil(count / 8))
  dice.fill(bytes)
  const others = bytes.map((byte) => ~byte)
  return [Bitfield.fromWire(bytes, count)!, Bitfield.fromWire(others, count)!]
}

/** Writes the head of a block into the 13 bytes before its content. */
export function headBlock(frame: Uint8Array, piece: number, begin: number): void {
  writePieceHead(frame, 0, piece, begin, frame.length - 13)
}

/**
 * Calls `heard` for each whole message in `bytes`, `at` being its id's place; how many bytes that were. Where the payload of blocks
 * is not there (`bare`), their heads alone are looked for.
 */
export function readMessages(
  bytes: Uint8Array,
  heard: (id: number, at: number) => void,
  bare = false,
): number {
  let at = 0
  while (at + 5 <= bytes.length) {
    const id = bytes[at + 4]!
    const length = bare && id === MESSAGE.piece ? 9 : readUint32(bytes, at)
    if (at + 4 + length > bytes.length) break
    if (length > 0) heard(id, at + 4)
    at += 4 + length
  }
  return at
}
