/**
 * The resume journal: which pieces are on disk, and how sure that is. A header, then 12-byte records, each with its own
 * checksum, so that a torn tail, a zeroed page or a flipped bit costs what follows it and nothing else.
 *
 * - `writing`: appended before the piece's write begins; hashed again after an unclean end, so that a piece which reached the
 *   disk is not fetched again because its `written` did not.
 * - `written`: appended after the piece's write returned; hashed again after an unclean end.
 * - `durable`: a data barrier completed that covers the first `count` of the `written` records; those are trusted. (Pieces
 *   written while a barrier is under way are recorded at once, so the order of records alone would not tell.)
 * - `file`: how a file was told apart when nothing was being written to it (`StoreOpened.marks`); void once a piece of it is.
 * - `dropped`: the piece is no longer had.
 * - `clean`: everything before was behind a barrier and the process ended on purpose.
 */
import { equalBytes, readUint32, writeUint32 } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'

const MAGIC: readonly number[] = [0x4c, 0x44, 0x4a, 0x01] // "LDJ", version 1
export const HEADER_LENGTH = 24
export const RECORD_LENGTH = 12

const WRITTEN = 1
const DURABLE = 2
const DROPPED = 3
const CLEAN = 4
const WRITING = 5
const FILE = 6
/** A file's index has three bytes. */
const MOST_FILES = 1 << 24

const PIECE_KINDS = { written: WRITTEN, dropped: DROPPED, writing: WRITING } as const

export type JournalRecord =
  | { readonly kind: 'writing' | 'written' | 'dropped'; readonly piece: number }
  | { readonly kind: 'durable'; readonly count: number }
  | { readonly kind: 'file'; readonly file: number; readonly mark: number }
  | { readonly kind: 'clean' }

export interface JournalContent {
  /** Pieces behind a barrier or a clean mark. */
  readonly trusted: ReadonlySet<number>
  /** Pieces whose write began after the last barrier: to be hashed again. */
  readonly doubtful: ReadonlySet<number>
  /** Whether it is sound to its end: what follows damage may have told of any piece. */
  readonly whole: boolean
  /** Whether it says at its end that the process ended on purpose: it knows of everything that was written. */
  readonly clean: boolean
  /** The last mark of each file, and the number of its record; */
  readonly marks: ReadonlyMap<number, { readonly mark: number; readonly at: number }>
  /** the number of the last record that says of a piece that it is being written. */
  readonly writes: ReadonlyMap<number, number>
}

/** What the checksums of a torrent's records begin with. */
function saltOf(infoHash: Id): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < 20; i++) sum = Math.imul(sum ^ infoHash[i]!, 0x01000193)
  return sum
}

/** FNV-1a over the record's first eight bytes, salted with the info-hash: a record of another torrent never fits. */
function checksum(salt: number, bytes: Uint8Array, at: number): number {
  let sum = salt
  for (let i = 0; i < 8; i++) sum = Math.imul(sum ^ bytes[at + i]!, 0x01000193)
  return sum >>> 0
}

export function encodeHeader(infoHash: Id): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH)
  header.set(MAGIC)
  header.set(infoHash, 4)
  return header
}

export function encodeRecords(infoHash: Id, records: readonly JournalRecord[]): Uint8Array {
  const bytes = new Uint8Array(records.length * RECORD_LENGTH)
  const salt = saltOf(infoHash)
  records.forEach((record, index) => {
    const at = index * RECORD_LENGTH
    if (record.kind === 'durable') {
      bytes[at] = DURABLE
      writeUint32(bytes, at + 4, record.count)
    } else if (record.kind === 'file') {
      writeUint32(bytes, at, record.file)
      bytes[at] = FILE
      writeUint32(bytes, at + 4, record.mark)
    } else if (record.kind === 'clean') {
      bytes[at] = CLEAN
    } else {
      bytes[at] = PIECE_KINDS[record.kind]
      writeUint32(bytes, at + 4, record.piece)
    }
    writeUint32(bytes, at + 8, checksum(salt, bytes, at))
  })
  return bytes
}

/** A whole journal saying that `pieces` are on the medium. */
export function encodeSnapshot(
  infoHash: Id,
  pieces: Iterable<number>,
  files: readonly JournalRecord[] = [],
): Uint8Array {
  const records: JournalRecord[] = []
  for (const piece of pieces) records.push({ kind: 'written', piece })
  records.push({ kind: 'durable', count: records.length })
  const body = encodeRecords(infoHash, [...records, ...files])
  const journal = new Uint8Array(HEADER_LENGTH + body.length)
  journal.set(encodeHeader(infoHash))
  journal.set(body, HEADER_LENGTH)
  return journal
}

/** What to note of files whose marks are now `marks`, of which `noted` are known already. */
export function fileRecords(marks: readonly number[], noted: readonly number[]): JournalRecord[] {
  return marks.slice(0, MOST_FILES).flatMap((mark, file): JournalRecord[] => {
    return mark === (noted[file] ?? 0) ? [] : [{ kind: 'file', file, mark }]
  })
}

/** Of a later version of the program, which alone knows what it says. */
export function isNewerJournal(bytes: Uint8Array): boolean {
  const last = MAGIC.length - 1
  return bytes.length > last && MAGIC.every((byte, i) => (i < last ? bytes[i] === byte : bytes[i]! > byte))
}

/**
 * Reads the longest valid prefix. `undefined` when there is no journal of this torrent and version at all; the caller then
 * checks the files instead.
 */
export function decodeJournal(
  infoHash: Id,
  bytes: Uint8Array,
  pieceCount: number,
): JournalContent | undefined {
  if (bytes.length < HEADER_LENGTH) return undefined
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return undefined
  if (!equalBytes(bytes.subarray(4, HEADER_LENGTH), infoHash)) return undefined
  const trusted = new Set<number>()
  /** Every `written` record so far, in order; those of a piece before its last drop are void. */
  const written: number[] = []
  const droppedAt = new Map<number, number>()
  const doubtful = new Set<number>()
  const marks = new Map<number, { readonly mark: number; readonly at: number }>()
  const writes = new Map<number, number>()
  const salt = saltOf(infoHash)
  let covered = 0
  let clean = false
  let at = HEADER_LENGTH
  for (; at + RECORD_LENGTH <= bytes.length; at += RECORD_LENGTH) {
    if (readUint32(bytes, at + 8) !== checksum(salt, bytes, at)) break
    const kind = bytes[at]!
    const operand = readUint32(bytes, at + 4)
    clean = kind === CLEAN
    if (kind === WRITTEN || kind === DROPPED || kind === WRITING) {
      if (operand >= pieceCount) break
      if (kind === WRITTEN) written.push(operand)
      else if (kind === WRITING) {
        doubtful.add(operand)
        writes.set(operand, at)
      } else {
        trusted.delete(operand)
        doubtful.delete(operand)
        droppedAt.set(operand, written.length)
      }
    } else if (kind === DURABLE || kind === CLEAN) {
      const upTo = kind === CLEAN ? written.length : Math.min(operand, written.length)
      for (; covered < upTo; covered++) {
        const piece = written[covered]!
        if (covered >= (droppedAt.get(piece) ?? 0)) trusted.add(piece)
      }
    } else if (kind === FILE) marks.set(readUint32(bytes, at) & (MOST_FILES - 1), { mark: operand, at })
    else break
  }
  for (let i = covered; i < written.length; i++) {
    const piece = written[i]!
    if (i >= (droppedAt.get(piece) ?? 0)) doubtful.add(piece)
  }
  for (const piece of trusted) doubtful.delete(piece)
  const whole = at === bytes.length
  return { trusted, doubtful, whole, clean: clean && whole, marks, writes }
}
