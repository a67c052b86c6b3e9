import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/core/bytes.ts'
import type { JournalRecord } from '../../src/session/journal.ts'
import {
  decodeJournal,
  encodeHeader,
  encodeRecords,
  encodeSnapshot,
  HEADER_LENGTH,
  isNewerJournal,
  RECORD_LENGTH,
} from '../../src/session/journal.ts'

const HASH = new Uint8Array(20).fill(7)
const PIECES = 50

function journalOf(records: readonly JournalRecord[]): Uint8Array {
  return Uint8Array.from([...encodeHeader(HASH), ...encodeRecords(HASH, records)])
}

const sorted = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b)

/** What a reader must believe, told in the simplest way. */
function model(records: readonly JournalRecord[]): { trusted: number[]; doubtful: number[] } {
  const trusted = new Set<number>()
  let written: (number | undefined)[] = []
  let covered = 0
  const begun = new Set<number>()
  for (const record of records) {
    if (record.kind === 'written') written.push(record.piece)
    else if (record.kind === 'writing') begun.add(record.piece)
    else if (record.kind === 'dropped') {
      trusted.delete(record.piece)
      begun.delete(record.piece)
      written = written.map((piece, i) => (i >= covered && piece === record.piece ? undefined : piece))
    } else if (record.kind !== 'file') {
      const upTo = record.kind === 'durable' ? Math.min(record.count, written.length) : written.length
      for (const piece of written.slice(covered, upTo)) if (piece !== undefined) trusted.add(piece)
      covered = Math.max(covered, upTo)
    }
  }
  const uncovered = written.slice(covered).filter((piece) => piece !== undefined)
  const doubtful = new Set([...begun, ...uncovered].filter((piece) => !trusted.has(piece)))
  return { trusted: sorted(trusted), doubtful: sorted(doubtful) }
}

const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constantFrom('writing', 'written', 'dropped'), piece: fc.nat(PIECES - 1) }),
  fc.record({ kind: fc.constant('durable' as const), count: fc.nat(40) }),
  fc.record({
    kind: fc.constant('file' as const),
    file: fc.nat(0xff_ffff),
    mark: fc.integer({ min: 0, max: 0xffff_ffff }),
  }),
  fc.constant({ kind: 'clean' as const }),
)

describe('the resume journal', () => {
  it('trusts what is behind a barrier and doubts what was written after it', () => {
    const content = decodeJournal(
      HASH,
      journalOf([
        { kind: 'written', piece: 1 },
        { kind: 'written', piece: 2 },
        { kind: 'durable', count: 1 },
      ]),
      PIECES,
    )
    assert.deepEqual([content?.trusted, content?.doubtful], [new Set([1]), new Set([2])])
  })

  it('DK13: keeps the last mark of each file, and when each piece was last begun, in their order', () => {
    const records: JournalRecord[] = [
      { kind: 'file', file: 0x01_0203, mark: 0xffff_ffff },
      { kind: 'writing', piece: 4 },
      { kind: 'file', file: 0, mark: 7 },
      { kind: 'file', file: 0, mark: 8 },
    ]
    const { marks, writes } = decodeJournal(HASH, journalOf(records), PIECES)!
    assert.deepEqual([...marks.keys()], [0x01_0203, 0])
    assert.deepEqual([marks.get(0x01_0203)!.mark, marks.get(0)!.mark], [0xffff_ffff, 8])
    assert.ok(marks.get(0x01_0203)!.at < writes.get(4)! && writes.get(4)! < marks.get(0)!.at)
  })

  it('trusts everything before a clean mark', () => {
    const content = decodeJournal(HASH, journalOf([{ kind: 'written', piece: 3 }, { kind: 'clean' }]), PIECES)
    assert.deepEqual([content?.trusted, content?.doubtful], [new Set([3]), new Set()])
  })

  it('reads back any sequence of records as a plain reading of the rules does', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        const content = decodeJournal(HASH, journalOf(records), PIECES)
        assert.ok(content)
        assert.deepEqual(
          { trusted: sorted(content.trusted), doubtful: sorted(content.doubtful) },
          model(records),
        )
      }),
    )
  })

  it('RS12: takes a look at each record, however many are dropped before a barrier', () => {
    const count = 150_000
    const all = (kind: 'written' | 'dropped'): JournalRecord[] =>
      Array.from({ length: count }, (_, piece) => ({ kind, piece }))
    const header = encodeHeader(HASH)
    const records = encodeRecords(HASH, [...all('written'), ...all('dropped'), { kind: 'clean' }])
    const found = decodeJournal(HASH, concatBytes([header, records]), count)
    assert.deepEqual([found?.trusted.size, found?.doubtful.size], [0, 0])
  })

  it('DK16: a torn tail, a zeroed page or a flipped bit costs what follows it and nothing before', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 30 }),
        fc.nat(),
        fc.nat(),
        (records, where, bit) => {
          const whole = journalOf(records)
          const at = HEADER_LENGTH + (where % (whole.length - HEADER_LENGTH))
          const kept = records.slice(0, Math.floor((at - HEADER_LENGTH) / RECORD_LENGTH))
          const expected = model(kept)
          const flipped = whole.slice()
          flipped[at]! ^= 1 << (bit % 8)
          for (const damaged of [whole.subarray(0, at), flipped, whole.slice().fill(0, at)]) {
            const content = decodeJournal(HASH, damaged, PIECES)
            assert.ok(content)
            // A zeroed tail that hits only zero bytes leaves that record whole: more may be kept, never less.
            if (damaged === flipped || damaged.length < whole.length) {
              assert.deepEqual(
                { trusted: sorted(content.trusted), doubtful: sorted(content.doubtful) },
                expected,
              )
            }
          }
        },
      ),
    )
  })

  it('DK16: an empty file, another version and another torrent are no journal', () => {
    const other = new Uint8Array(20).fill(8)
    const journal = encodeSnapshot(HASH, [1, 2])
    assert.equal(decodeJournal(HASH, new Uint8Array(0), PIECES), undefined)
    assert.equal(decodeJournal(other, journal, PIECES), undefined)
    const newer = journal.slice()
    newer[3] = 2
    assert.equal(decodeJournal(HASH, newer, PIECES), undefined)
    assert.deepEqual([newer, journal, new Uint8Array(3)].map(isNewerJournal), [true, false, false])
    assert.deepEqual(sorted(decodeJournal(HASH, journal, PIECES)!.trusted), [1, 2])
  })

  it('never throws and never names a piece that does not exist', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const content = decodeJournal(HASH, Uint8Array.from([...encodeHeader(HASH), ...noise]), PIECES)
        assert.ok(content)
        for (const piece of [...content.trusted, ...content.doubtful]) assert.ok(piece < PIECES)
      }),
    )
  })
})
