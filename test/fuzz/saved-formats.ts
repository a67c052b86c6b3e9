import assert from 'node:assert/strict'
import { concatBytes, latin1, readUint32, writeUint32 } from '../../src/core/bytes.ts'
import { below, type Rng } from '../../src/core/rng.ts'
import { decodeSavedState, encodeSavedState } from '../../src/dht/entry/saved-state.ts'
import {
  decodeJournal,
  encodeHeader,
  encodeRecords,
  encodeSnapshot,
  HEADER_LENGTH,
  type JournalContent,
  type JournalRecord,
  RECORD_LENGTH,
} from '../../src/session/journal.ts'
import { decodeFrames, encodeFrame, type Frame, RECORD_MAGIC } from '../../src/session/recording.ts'
import { decodeSavedItems, encodeSavedItems } from '../../src/session/saved-items.ts'
import { globalAddress } from '../support/virtual-dht.ts'
import type { Format } from './codec-target.ts'

const INFO_HASH = new Uint8Array(20).fill(0xaa)
const PIECES = 64

const journal = (...records: JournalRecord[]): Uint8Array =>
  concatBytes([encodeHeader(INFO_HASH), encodeRecords(INFO_HASH, records)])
const several = (kind: 'writing' | 'written' | 'dropped', ...pieces: number[]): JournalRecord[] =>
  pieces.map((piece) => ({ kind, piece }))

/** The checksum of a record as `session/journal` has it: without it hardly a mutant would get beyond its first record. */
function reseal(bytes: Uint8Array, rng: Rng): Uint8Array {
  if (below(rng, 4) === 0) return bytes
  const sealed = bytes.slice()
  for (let at = HEADER_LENGTH; at + RECORD_LENGTH <= sealed.length; at += RECORD_LENGTH) {
    // A made-up operand is out of range, as a rule; most are brought within it.
    if (below(rng, 8) !== 0) writeUint32(sealed, at + 4, readUint32(sealed, at + 4) % (2 * PIECES))
    const kind = (['written', 'durable', 'dropped', 'clean', 'writing'] as const)[sealed[at]! - 1]
    const operand = readUint32(sealed, at + 4)
    if (kind === undefined) continue
    const record =
      kind === 'durable' ? { kind, count: operand } : kind === 'clean' ? { kind } : { kind, piece: operand }
    sealed.set(encodeRecords(INFO_HASH, [record]), at)
  }
  return sealed
}

/** The resume journal. */
export const JOURNAL: Format<JournalContent> = {
  seeds: [
    encodeSnapshot(
      INFO_HASH,
      Array.from({ length: PIECES }, (_, piece) => piece),
    ),
    journal(
      ...several('writing', 1, 2, 3),
      ...several('written', 2, 1),
      { kind: 'durable', count: 1 },
      ...several('written', 3),
      ...several('dropped', 1),
      { kind: 'durable', count: 3 },
      ...several('writing', 9),
      { kind: 'clean' },
      ...several('written', 63),
    ),
    journal(...several('written', 5, 5, 5), ...several('dropped', 5, 6), {
      kind: 'durable',
      count: 4_000_000_000,
    }),
    journal(),
  ],
  mend: reseal,
  read: (bytes) => decodeJournal(INFO_HASH, bytes, PIECES),
  check({ trusted, doubtful }) {
    const all = [...trusted, ...doubtful]
    assert.equal(new Set(all).size, all.length, 'a piece is both trusted and doubtful')
    assert.ok(all.every((piece) => piece >= 0 && piece < PIECES))
    const again = decodeJournal(INFO_HASH, encodeSnapshot(INFO_HASH, trusted), PIECES)
    assert.deepEqual([again?.trusted, again?.doubtful], [trusted, new Set()])
  },
}

const STATE = encodeSavedState({
  id: new Uint8Array(20).fill(1),
  contacts: [1, 2, 3].map((i) => ({ id: new Uint8Array(20).fill(i), address: globalAddress(i) })),
})
const ITEMS = encodeSavedItems([
  { value: latin1('5:hello') },
  {
    value: latin1('i5e'),
    signed: {
      publicKey: new Uint8Array(32).fill(2),
      salt: latin1('salt'),
      seq: 2n ** 60n,
      signature: new Uint8Array(64).fill(3),
    },
  },
])

/** The routing table and the kept items, which are read by two readers each: a file may stand in the other's place. */
export const STATE_FILE: Format<object> = {
  seeds: [STATE, ITEMS, latin1('d2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes0:6:nodes60:7:versioni1ee')],
  read(bytes) {
    const state = decodeSavedState(bytes)
    const items = decodeSavedItems(bytes)
    if (state !== undefined) {
      assert.ok(state.id.length === 20 && state.contacts.length <= 4_000)
      assert.ok(state.contacts.every(({ address }) => address.usable))
    }
    for (const { value, signed } of items ?? []) {
      assert.ok(value.length >= 1 && value.length <= 1_000)
      if (signed !== undefined)
        assert.ok(signed.seq >= 0n && signed.seq < 2n ** 63n && signed.salt.length <= 64)
    }
    return state ?? items
  },
  check() {},
}

const FRAMES: readonly Frame[] = [
  {
    what: 'session',
    now: 0,
    fields: [{ seed: 7, port: undefined, at: Number.POSITIVE_INFINITY }],
    bytes: new Uint8Array(0),
  },
  { what: 'datagram', now: 5, fields: [1, globalAddress(4)], bytes: latin1('d1:y1:qe') },
  { what: 'chunk', now: 9, fields: [2, [3, 4n]], bytes: new Uint8Array(300).fill(5) },
  { what: 'end', now: 10, fields: ['closed'], bytes: new Uint8Array(0) },
]
const record = (frames: readonly Frame[], holes: [number, number][] = []): Uint8Array =>
  concatBytes([RECORD_MAGIC, ...frames.map((frame) => encodeFrame(frame, holes))])

/** The record of a run. */
export const RECORD: Format<Frame[]> = {
  seeds: [record(FRAMES), record(FRAMES.slice(2, 3), [[100, 250]]), record([])],
  read: (bytes) => [...decodeFrames(bytes)],
  check(frames, bytes) {
    for (const frame of frames) {
      assert.equal(typeof frame.what, 'string')
      assert.ok(Number.isFinite(frame.now) && Array.isArray(frame.fields))
      // Holes come back as zeros, so a frame is longer than it stands in the file, but not without bound.
      assert.ok(frame.bytes.length <= 256 * 1024 * 1024, `${frame.bytes.length} bytes of ${bytes.length}`)
    }
  },
}
