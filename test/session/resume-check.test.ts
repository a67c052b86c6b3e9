import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeInfo, parseInfo } from '../../src/codec/metainfo.ts'
import { Geometry } from '../../src/core/geometry.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { Ports, Ticket } from '../../src/session/ports.ts'
import { type CheckResult, ResumeCheck } from '../../src/session/resume-check.ts'
import { Rounds } from '../../src/session/rounds.ts'
import { Store } from '../../src/session/store.ts'
import { Tickets } from '../../src/session/tickets.ts'
import { Sha1Check } from '../../src/swarm/piece-check.ts'

const { sha1 } = nodeCrypto
const PIECE_LENGTH = 16_384
const COUNT = 12
const content = (piece: number): Uint8Array => new Uint8Array(PIECE_LENGTH).fill(piece + 1)
const ZEROS = new Uint8Array(PIECE_LENGTH)

/** `files`: their lengths; one by default. */
function infoOf(files: readonly number[] | undefined): ReturnType<typeof parseInfo> {
  const pieces = new Uint8Array(20 * COUNT)
  for (let piece = 0; piece < COUNT; piece++) pieces.set(sha1(content(piece)), 20 * piece)
  const bytes = encodeInfo({
    name: 'f',
    pieceLength: PIECE_LENGTH,
    pieces,
    ...(files === undefined
      ? { length: COUNT * PIECE_LENGTH }
      : { files: files.map((length, i) => ({ path: [`${i}`], length })) }),
    private: false,
  })
  return parseInfo(bytes, nodeCrypto)
}

/** A check that has begun of a file (or whole files of these lengths) whose pieces are `onDisk`, in full or not; `answer` gives the hash that was asked for last. */
function begin(
  onDisk: readonly Uint8Array[],
  journal: { readonly trusted: readonly number[]; readonly doubtful: readonly number[] } | undefined,
  files?: readonly number[],
  strange = false,
  info = infoOf(files),
): {
  readonly check: ResumeCheck
  readonly results: readonly CheckResult[]
  readonly asked: readonly number[]
  readonly open: readonly unknown[]
  answer(): boolean
} {
  const asked: number[] = []
  const open: { readonly ticket: Ticket; readonly piece: number }[] = []
  const ports = {
    clock: { wall: () => 0, wakeAt: () => {} },
    hasher: {
      hash: (ticket: Ticket, _store: number, piece: number) => {
        asked.push(piece)
        open.push({ ticket, piece })
      },
    },
  } as unknown as Ports
  const tickets = new Tickets()
  const store = new Store(ports, tickets, new Rounds(ports.clock), 1, info.infoHash, () => {})
  const results: CheckResult[] = []
  const check = new ResumeCheck({
    store,
    info,
    geometry: new Geometry(info.length, PIECE_LENGTH),
    check: new Sha1Check(new Geometry(info.length, PIECE_LENGTH), info.pieces!, sha1),
    opened: {
      folder: true,
      lengths: files ?? [onDisk.length * PIECE_LENGTH],
      marks: info.files.map(() => 1),
      journal: new Uint8Array(0),
      journalAside: undefined,
      paths: ['f'],
    },
    known: info.files.map(() => journal !== undefined && !strange),
    done: (_now, result) => results.push(result),
    failed: (_now, { message }) => assert.fail(message),
  })
  check.start(
    0,
    journal && {
      trusted: new Set(journal.trusted),
      doubtful: new Set(journal.doubtful),
      whole: true,
      clean: true,
      marks: new Map(),
      writes: new Map(),
    },
  )
  const answer = (): boolean => {
    const next = open.pop()
    if (next !== undefined) tickets.complete(0, next.ticket, { ok: true, value: sha1(onDisk[next.piece]!) })
    return next !== undefined
  }
  return { check, results, asked, open, answer }
}

/** The same, to its end. */
function check(...given: Parameters<typeof begin>): {
  readonly result: CheckResult
  readonly asked: readonly number[]
} {
  const { results, asked, answer } = begin(...given)
  while (answer());
  assert.equal(results.length, 1)
  return { result: results[0]!, asked }
}

function had({ have }: CheckResult): number[] {
  return Array.from({ length: COUNT }, (_, piece) => piece).filter((piece) => have.has(piece))
}

const ALL = Array.from({ length: COUNT }, (_, piece) => piece)
const right = ALL.map(content)

describe('the check of what is on disk', () => {
  it('believes trusted pieces but for three that it hashes, and hashes doubtful ones', () => {
    const { result, asked } = check(right, { trusted: ALL.slice(0, 9), doubtful: [9, 11] })
    assert.deepEqual(had(result), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11])
    assert.deepEqual(
      asked.toSorted((a, b) => a - b),
      [0, 3, 6, 9, 11],
    )
    assert.deepEqual([result.foreign, result.lost], [[], false])
  })

  it('DK17 hashes all of a file when a trusted piece of it is wrong, however many of the sample are', () => {
    for (const wrong of [[0], [4], [8], [0, 4], [0, 4, 8]]) {
      const onDisk = ALL.map((piece) => (wrong.includes(piece) ? content(99) : content(piece)))
      const { result, asked } = check(onDisk, { trusted: ALL, doubtful: [] })
      assert.deepEqual(
        had(result),
        ALL.filter((piece) => !wrong.includes(piece)),
      )
      assert.deepEqual(
        asked.toSorted((a, b) => a - b),
        ALL,
      )
      assert.deepEqual([result.foreign, result.lost], [[], true])
    }
  })

  it('DK17: other files of the torrent are believed still, but for the piece that they share with it', () => {
    const files = [5 * PIECE_LENGTH + 100, 3 * PIECE_LENGTH, 4 * PIECE_LENGTH - 100]
    for (const [wrong, hashed] of [
      [0, [0, 1, 2, 3, 4, 5, 8]],
      [4, [0, 1, 2, 3, 4, 5, 8]],
      [8, ALL.filter((piece) => ![1, 2, 3].includes(piece))],
    ] as const) {
      const onDisk = ALL.map((piece) => (piece === wrong ? content(99) : content(piece)))
      const { result, asked } = check(onDisk, { trusted: ALL, doubtful: [] }, files)
      assert.deepEqual(
        had(result),
        ALL.filter((piece) => piece !== wrong),
      )
      assert.deepEqual(
        asked.toSorted((a, b) => a - b),
        hashed,
      )
      assert.ok(result.lost)
    }
  })

  it('DK19: asks for a few pieces at a time, says how far it is, and asks for no more once it is cancelled', () => {
    const { check, results, asked, open, answer } = begin(right, undefined)
    let last = 0
    for (let answered = 0; answered < COUNT / 2; answered++) {
      assert.ok(open.length > 0 && open.length <= 16)
      assert.ok(answer() && check.progress > last)
      last = check.progress
    }
    assert.equal(last, 0.5)
    check.cancel()
    const before = asked.length
    while (answer());
    assert.deepEqual([asked.length, results], [before, []])
  })

  it('DK19: reads nothing where there is nothing', () => {
    const { asked, result } = check([], undefined)
    assert.deepEqual([asked, had(result), result.foreign], [[], [], []])
  })

  it('says that trusted pieces are lost when the file ends before them', () => {
    const { result } = check(right.slice(0, 5), { trusted: ALL, doubtful: [] })
    assert.deepEqual(had(result), [0, 1, 2, 3, 4])
    assert.equal(result.lost, true)
  })

  it('takes files without a good piece for somebody else’s, unless they are zeros', () => {
    const foreign = (onDisk: readonly Uint8Array[]): readonly number[] =>
      check(onDisk, undefined).result.foreign
    assert.deepEqual(foreign(ALL.map(() => content(99))), [0])
    assert.deepEqual(foreign(ALL.map(() => ZEROS)), [])
    const short = [check([ZEROS, ZEROS], undefined), check([ZEROS, content(99)], undefined)]
    assert.deepEqual(
      short.map(({ result }) => result.foreign),
      [[], [0]],
      'a file that ends early is judged by what it has',
    )
    const one = ALL.map((piece) => content(piece === 3 ? 3 : 99))
    const { result } = check(one, undefined)
    assert.deepEqual([had(result), result.foreign], [[3], []])
  })

  it('judges each file for itself: a piece that is right speaks for the files that it lies in alone', () => {
    const files = [2 * PIECE_LENGTH, 100, 4 * PIECE_LENGTH - 100, 6 * PIECE_LENGTH]
    const foreign = (...pieces: readonly number[]): readonly number[] =>
      check(
        ALL.map((piece) => (pieces.includes(piece) ? content(piece) : content(99))),
        undefined,
        files,
      ).result.foreign
    assert.deepEqual(foreign(), [0, 1, 2, 3])
    assert.deepEqual(foreign(1), [1, 2, 3])
    // Of the small one there is a piece that it shares with the next.
    assert.deepEqual(foreign(2), [0, 3])
    assert.deepEqual(foreign(3), [0, 1, 3])
    assert.deepEqual(foreign(0, 2, 11), [])
  })

  it('takes no zeros for a proof that a file is the torrent’s, though they be right', () => {
    const zeros = new Set([0, 1, 2])
    const info = infoOf(undefined)
    const hashes = info.pieces!
    for (const piece of zeros) hashes.set(sha1(ZEROS), 20 * piece)
    const onDisk = ALL.map((piece) => (zeros.has(piece) ? ZEROS : content(99)))
    const { result } = check(onDisk, undefined, undefined, false, info)
    assert.deepEqual([had(result), result.foreign], [[0, 1, 2], [0]])
  })

  it('looks at a file that the journal does not know, and at no other', () => {
    const other = ALL.map(() => content(99))
    const known = check(other, { trusted: [], doubtful: [] })
    assert.deepEqual([known.asked, known.result.foreign], [[], []])
    const strange = check(other, { trusted: [], doubtful: [] }, undefined, true)
    assert.deepEqual([strange.asked.length, strange.result.foreign], [COUNT, [0]])
    const ours = check(right, { trusted: [], doubtful: [] }, undefined, true)
    assert.deepEqual([had(ours.result), ours.result.foreign], [ALL, []])
  })
})
