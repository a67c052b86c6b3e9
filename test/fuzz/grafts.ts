import { concatBytes, latin1, toLatin1, writeUint32 } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import type { Mutation } from '../support/mutate.ts'

/** Around the bounds that formats have. */
const INTEGERS = [
  '4294967295',
  '9007199254740991',
  '9007199254740992',
  '-9223372036854775808',
  '33554432',
  '33554433',
  '536854528',
  '16384',
  '1024',
  '-0',
]
const WORDS = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x10_0000, 0x10_0001, 16_384, 16_385, 65_536]
const DEEPEST = 300
const LONGEST_STRING = 70_000

interface Piece {
  readonly start: number
  readonly end: number
}

/** Integers and strings as they stand in bencode, as far as a look at the text tells. */
function pieces(bytes: Uint8Array): Piece[] {
  const found: Piece[] = []
  for (const match of toLatin1(bytes).matchAll(/i-?\d+e|(?<!\d)(\d{1,4}):/g)) {
    const length = match[1] === undefined ? 0 : Number(match[1])
    const end = match.index + match[0].length + length
    if (end <= bytes.length) found.push({ start: match.index, end })
  }
  return found
}

function one<T>(values: readonly T[], rng: Rng): T | undefined {
  return values[below(rng, Math.max(1, values.length))]
}

function splice(bytes: Uint8Array, start: number, end: number, ...between: Uint8Array[]): Uint8Array {
  return concatBytes([bytes.subarray(0, start), ...between, bytes.subarray(end)])
}

const swapPieces: Mutation = (bytes, rng) => {
  const all = pieces(bytes)
  const picks = [one(all, rng), one(all, rng)]
  const [a, b] = picks.sort((x, y) => (x?.start ?? 0) - (y?.start ?? 0))
  if (a === undefined || b === undefined || a.end > b.start) return bytes
  const between = bytes.subarray(a.end, b.start)
  return splice(
    bytes,
    a.start,
    b.end,
    bytes.subarray(b.start, b.end),
    between,
    bytes.subarray(a.start, a.end),
  )
}

const graftPiece: Mutation = (bytes, rng, other) => {
  const place = one(pieces(bytes), rng)
  const piece = one(pieces(other), rng)
  if (place === undefined || piece === undefined) return bytes
  const end = below(rng, 2) === 0 ? place.start : place.end
  return splice(bytes, place.start, end, other.subarray(piece.start, piece.end))
}

const boundary: Mutation = (bytes, rng) => {
  const place = one(pieces(bytes), rng)
  if (place === undefined) return bytes
  return splice(bytes, place.start, place.end, latin1(`i${one(INTEGERS, rng)}e`))
}

const nest: Mutation = (bytes, rng) => {
  const place = one(pieces(bytes), rng)
  if (place === undefined) return bytes
  const depth = 1 + below(rng, DEEPEST)
  const opening = below(rng, 2) === 0 ? 'l' : 'd1:a'
  const closing = below(rng, 4) === 0 ? '' : 'e'.repeat(depth)
  return splice(bytes, place.start, place.end, latin1(`${opening.repeat(depth)}0:${closing}`))
}

/** Now and then, since it makes a case as slow as a hundred others. */
const lengthen: Mutation = (bytes, rng) => {
  const place = one(pieces(bytes), rng)
  if (place === undefined || below(rng, 32) !== 0) return bytes
  const length = below(rng, LONGEST_STRING)
  return splice(bytes, place.start, place.end, latin1(`${length}:`), new Uint8Array(length).fill(0x61))
}

const repeat: Mutation = (bytes, rng) => {
  const place = one(pieces(bytes), rng)
  if (place === undefined) return bytes
  const piece = bytes.subarray(place.start, place.end)
  const times = Math.min(1 + below(rng, 40), Math.ceil(20_000 / piece.length))
  return splice(bytes, place.start, place.end, ...new Array<Uint8Array>(times).fill(piece))
}

const word: Mutation = (bytes, rng) => {
  if (bytes.length < 4) return bytes
  const copy = bytes.slice()
  writeUint32(copy, below(rng, bytes.length - 3), one(WORDS, rng)!)
  return copy
}

/** What is done to files and peer messages beyond what is done to datagrams. */
export const GRAFTS: readonly Mutation[] = [swapPieces, graftPiece, boundary, nest, lengthen, repeat, word]
