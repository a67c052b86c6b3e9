import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'

/** Values of every type, to stand where another was. */
const VALUES = [
  'i5e',
  'le',
  'de',
  '0:',
  '1:x',
  'i-1e',
  'i9223372036854775808e',
  'li1ee',
  'd1:ai1ee',
  '20:{20}',
]
const INTEGERS = ['0', '-1', '1', '65535', '65536', '2147483648', '9007199254740993', '99999999999999999999']
const LENGTHS = ['0', '1', '19', '21', '25', '64', '65', '999', '65535', '4294967296', '-1', '007']

export type Mutation = (bytes: Uint8Array, rng: Rng, other: Uint8Array) => Uint8Array

const slice = (bytes: Uint8Array, from: number, to: number): Uint8Array => bytes.slice(from, to)

function cutAt(bytes: Uint8Array, rng: Rng): number {
  return below(rng, bytes.length + 1)
}

/** A piece between two places gives way to another. */
function replace(bytes: Uint8Array, from: number, to: number, piece: Uint8Array): Uint8Array {
  return concatBytes([slice(bytes, 0, from), piece, slice(bytes, to, bytes.length)])
}

/** One of the places where `pattern` holds. */
function place(bytes: Uint8Array, rng: Rng, pattern: RegExp): { from: number; to: number } | undefined {
  const matches = [...toLatin1(bytes).matchAll(pattern)]
  if (matches.length === 0) return undefined
  const match = matches[below(rng, matches.length)]!
  return { from: match.index, to: match.index + match[0].length }
}

function swap(pattern: RegExp, values: readonly string[], around: (value: string) => string): Mutation {
  return (bytes, rng) => {
    const found = place(bytes, rng, pattern)
    if (found === undefined) return bytes
    const value = values[below(rng, values.length)]!.replace('{20}', 'y'.repeat(20))
    return replace(bytes, found.from, found.to, latin1(around(value)))
  }
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, rng) => {
    const copy = bytes.slice()
    if (copy.length > 0) copy[below(rng, copy.length)] = rng.u32() & 255
    return copy
  },
  (bytes, rng) => {
    const copy = bytes.slice()
    if (copy.length > 0) copy[below(rng, copy.length)]! ^= 1 << below(rng, 8)
    return copy
  },
  (bytes, rng) => slice(bytes, 0, cutAt(bytes, rng)),
  (bytes, rng) => {
    const at = cutAt(bytes, rng)
    return replace(bytes, at, Math.min(bytes.length, at + below(rng, 12)), latin1(''))
  },
  (bytes, rng) => {
    const at = cutAt(bytes, rng)
    return replace(bytes, at, at, slice(bytes, at, Math.min(bytes.length, at + 1 + below(rng, 30))))
  },
  (bytes, rng, other) => {
    const from = cutAt(other, rng)
    return replace(bytes, cutAt(bytes, rng), bytes.length, slice(other, from, other.length))
  },
  swap(/i-?\d+e/g, INTEGERS, (value) => `i${value}e`),
  swap(/\d+:/g, LENGTHS, (value) => `${value}:`),
  swap(/i-?\d+e|(?<=[a-z_])20:[\s\S]{20}|\d:[\s\S]/g, VALUES, (value) => value),
]

/** One to four things are done to `bytes`, of these and of `more`; `other` is what it may be spliced with. */
export function mutate(
  bytes: Uint8Array,
  other: Uint8Array,
  rng: Rng,
  more: readonly Mutation[] = [],
): Uint8Array {
  let mutant = bytes
  for (let n = 1 + below(rng, 4); n > 0; n--) {
    const which = below(rng, MUTATIONS.length + more.length)
    mutant = (MUTATIONS[which] ?? more[which - MUTATIONS.length]!)(mutant, rng, other)
  }
  return mutant
}
