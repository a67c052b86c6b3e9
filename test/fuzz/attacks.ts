import { encodeMetadataMessage } from '../../src/codec/extended.ts'
import { encodeHashMessage, type HashRequest } from '../../src/codec/hash-message.ts'
import { concatBytes, writeUint32 } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import {
  ALL_BITS,
  EXTENDED,
  extended,
  FAST,
  handshake,
  KEEP_ALIVE,
  message,
  PLAIN,
  uint32,
} from '../support/hostile-peer.ts'
import { mutate } from '../support/mutate.ts'
import { GRAFTS } from './grafts.ts'
import type { HostileStream } from './hostile-stream.ts'
import type { Attack } from './hostile-swarm.ts'
import { EXTENSION_HANDSHAKE, METADATA_MESSAGE, PEER_EXCHANGE } from './message-formats.ts'
import { secondLibrary } from './second-info.ts'

/** One message, valid or nearly so. */
type Maker = (stream: HostileStream, rng: Rng) => Uint8Array

const PIECES = 41
/** What the torrent of version 2 is that is attacked. */
const SECOND = secondLibrary()
/** Our ids of the extensions, by which a remote names them. */
const METADATA_ID = 2
const PEX_ID = 3

const one = <T>(values: readonly T[], rng: Rng): T => values[below(rng, values.length)]!
const index = (rng: Rng): Uint8Array => uint32(below(rng, PIECES))
const bare =
  (...ids: number[]): Maker =>
  (_, rng) =>
    message(one(ids, rng))
const indexed =
  (id: number): Maker =>
  (_, rng) =>
    message(id, index(rng))
const place =
  (id: number): Maker =>
  (_, rng) =>
    message(id, index(rng), uint32(below(rng, 3) * BLOCK_LENGTH, one([BLOCK_LENGTH, 1, 131_072], rng)))

/** What was asked for, or something like it. */
const block: Maker = ({ blocks }, rng) => {
  const asked = blocks.pop() ?? { piece: below(rng, PIECES), begin: 0, length: below(rng, 64) }
  return message(7, uint32(asked.piece, asked.begin), new Uint8Array(asked.length).fill(asked.piece))
}

const reject: Maker = ({ blocks }, rng) => {
  const asked = blocks.pop() ?? { piece: below(rng, PIECES), begin: 0, length: BLOCK_LENGTH }
  return message(16, uint32(asked.piece, asked.begin, asked.length))
}

const bitfield: Maker = (_, rng) => {
  const bits = new Uint8Array(5)
  rng.fill(bits)
  return message(5, bits)
}

const shakeExtensions: Maker = ({ info }, rng) => {
  const size = info.bytes.length
  const right = `d1:md11:ut_metadatai${1 + below(rng, 3)}e6:ut_pexi4ee13:metadata_sizei${size}e1:pi6881e4:reqqi${1 + below(rng, 500)}ee`
  return extended(0, below(rng, 2) === 0 ? right : mutated(one(EXTENSION_HANDSHAKE.seeds, rng), rng))
}

/** The metadata that was asked for, its right bytes as a rule. */
const metadata: Maker = ({ info, metadata: asked }, rng) => {
  const piece = asked.pop() ?? below(rng, 4)
  const from = piece * BLOCK_LENGTH
  const bytes = info.bytes.slice(from, from + BLOCK_LENGTH)
  if (below(rng, 4) === 0 && bytes.length > 0) bytes[below(rng, bytes.length)]! ^= 1
  const totalSize = info.bytes.length + (below(rng, 16) === 0 ? 1 : 0)
  return extended(METADATA_ID, encodeMetadataMessage({ kind: 'data', piece, totalSize, bytes }))
}

const askMetadata: Maker = (_, rng) =>
  extended(
    METADATA_ID,
    encodeMetadataMessage({ kind: one(['request', 'reject'], rng), piece: below(rng, 4) }),
  )
const oddMetadata: Maker = (_, rng) => extended(METADATA_ID, mutated(one(METADATA_MESSAGE.seeds, rng), rng))

const namePeers: Maker = (_, rng) => {
  const seed = one(PEER_EXCHANGE.seeds, rng)
  return extended(PEX_ID, below(rng, 3) === 0 ? seed : mutated(seed, rng))
}

/** The nodes that were asked for, right as a rule; else something like it. */
const hashes: Maker = ({ hashes: asked }, rng) => {
  const request = asked.pop() ?? oddRequest(rng)
  const right = SECOND.ask(request)
  if (right === undefined || below(rng, 8) === 0) return message(23, encodeHashMessage(request))
  const nodes = right.slice()
  if (below(rng, 4) === 0) nodes[below(rng, nodes.length)]! ^= 1
  return message(22, encodeHashMessage(request, nodes))
}

function oddRequest(rng: Rng): HashRequest {
  const number = (most: number): number =>
    below(rng, 8) === 0 ? rng.u32() >>> below(rng, 32) : below(rng, most)
  const length = below(rng, 4) === 0 ? number(600) : 2 ** below(rng, 8)
  const root = below(rng, 8) === 0 ? new Uint8Array(32) : SECOND.trees.files[0]!.root
  return {
    root,
    base: number(4),
    index: below(rng, 2) === 0 ? length * number(40) : number(90),
    length,
    proofs: number(9),
  }
}

const askHashes: Maker = (_, rng) => message(21, encodeHashMessage(oddRequest(rng)))

const EVERYTHING: readonly Maker[] = [
  bare(0, 1, 2, 3, 14, 15),
  bare(1, 2),
  indexed(4),
  indexed(13),
  indexed(17),
  bitfield,
  place(6),
  place(8),
  block,
  block,
  block,
  reject,
  (_, rng) => message(9, Uint8Array.of(below(rng, 256), below(rng, 256))),
  (_, rng) => message(below(rng, 256), new Uint8Array(below(rng, 300))),
  () => KEEP_ALIVE,
  shakeExtensions,
  askMetadata,
]

/** A wrong length, a torn or a mended body; the announced length is mostly that of what follows. */
function broken(frame: Uint8Array, rng: Rng): Uint8Array {
  if (below(rng, 4) === 0) return mutated(frame, rng)
  const whole =
    frame.length > 4 ? concatBytes([frame.subarray(0, 5), mutated(frame.subarray(5), rng)]) : frame.slice()
  const length = below(rng, 8) === 0 ? rng.u32() >>> below(rng, 32) : whole.length - 4
  writeUint32(whole, 0, length)
  return whole
}

/** Long ones by their end alone: what is looked at stands at either. */
function mutated(bytes: Uint8Array, rng: Rng): Uint8Array {
  if (bytes.length < 4_000) return mutate(bytes, bytes, rng, GRAFTS).subarray(0, 80_000)
  const head = bytes.subarray(0, 60)
  return concatBytes([mutate(head, head, rng, GRAFTS), bytes.subarray(60)])
}

function greeting(stream: HostileStream, rng: Rng): Uint8Array {
  const reserved = one([ALL_BITS, ALL_BITS, ALL_BITS, PLAIN, FAST, EXTENDED], rng)
  const id = new Uint8Array(20)
  rng.fill(id)
  const right = handshake(reserved, stream.info.infoHash, id)
  return below(rng, 30) === 0 ? mutated(right, rng) : right
}

/** Who greets as it should and then says some of `makers`; three in ten messages are broken. */
function attackWith(makers: readonly Maker[], first: Maker): Attack {
  return (stream, rng) => {
    const parts: Uint8Array[] = []
    if (!stream.greeted)
      parts.push(greeting(stream, rng), below(rng, 5) === 0 ? KEEP_ALIVE : first(stream, rng))
    stream.greeted = true
    for (let n = 1 + below(rng, 6); n > 0; n--) {
      const frame = one(makers, rng)(stream, rng)
      parts.push(below(rng, 10) < 3 ? broken(frame, rng) : frame)
    }
    return concatBytes(parts)
  }
}

/** Messages of every kind. */
export const anything: Attack = attackWith(EVERYTHING, (_, rng) =>
  below(rng, 2) === 0 ? message(15) : concatBytes([message(14), message(1)]),
)
export const extensions: Attack = attackWith(
  [shakeExtensions, askMetadata, ...EVERYTHING.slice(0, 4)],
  shakeExtensions,
)
export const dictionaries: Attack = attackWith(
  [metadata, metadata, metadata, metadata, askMetadata, oddMetadata, shakeExtensions, bare(0, 1)],
  shakeExtensions,
)
export const exchange: Attack = attackWith(
  [namePeers, namePeers, bare(0, 1, 2, 3), shakeExtensions],
  shakeExtensions,
)
export const trees: Attack = attackWith(
  [hashes, hashes, askHashes, askHashes, block, block, reject, ...EVERYTHING.slice(0, 6)],
  () => concatBytes([message(14), message(1)]),
)
