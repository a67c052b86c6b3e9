import { concatBytes, EMPTY } from '../../src/core/bytes.ts'
import { Geometry } from '../../src/core/geometry.ts'
import type { StoreSpec } from '../../src/session/ports.ts'
import { Extents } from '../payload/extents.ts'
import type { Payload } from '../payload/payload.ts'
import { SharedPiece } from '../payload/shared-piece.ts'

/** What a barrier makes durable: ranges of pieces, and journal records. */
interface Batch {
  readonly ranges: { readonly piece: number; readonly begin: number; length: number }[]
  records: Uint8Array[]
}

const NOTHING = new Extents()

/** A torrent's files and journal on a disk: what is there, and what a power cut would take. */
export class Volume {
  readonly geometry: Geometry
  readonly spec: StoreSpec
  folder = false
  locked = false
  /** Of each file; -1: there is none. */
  readonly lengths: number[]
  readonly #pieces = new Map<number, Extents>()
  #journal: Uint8Array = EMPTY
  /** Since the last barrier began. */
  #volatile: Batch = { ranges: [], records: [] }
  /** Behind barriers that have begun and not ended. */
  #syncing: Batch[] = []

  constructor(spec: StoreSpec) {
    this.spec = spec
    this.geometry = new Geometry(spec.length, spec.pieceLength)
    this.lengths = spec.files.map(({ pad, length }) => (pad ? length : -1))
    let offset = 0
    for (const { pad, length } of spec.files) {
      if (pad) this.#zero(offset, length)
      offset += length
    }
  }

  /** The journal as the machine would read it now. */
  get journal(): Uint8Array {
    const batches = [...this.#syncing, this.#volatile]
    return concatBytes([this.#journal, ...batches.flatMap((batch) => batch.records)])
  }

  /** Folder and empty files. */
  prepare(): void {
    this.folder = true
    for (let i = 0; i < this.lengths.length; i++) if (this.lengths[i] === -1) this.lengths[i] = 0
  }

  /** Puts the whole content there, durable: what a seed starts from. */
  fill(payload: Payload): void {
    this.prepare()
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      this.#pieces.set(piece, payload.piece(piece))
      this.#lengthen(piece, this.geometry.lengthOf(piece))
    }
  }

  /** What is there of a piece, to be read. */
  content(piece: number): Extents {
    return this.#pieces.get(piece) ?? NOTHING
  }

  /** Keeps a piece that is whole and views of the pool alone as one object with all disks that hold it. */
  share(piece: number): void {
    const shared = SharedPiece.of(this.content(piece), this.geometry.lengthOf(piece))
    if (shared !== undefined) this.#pieces.set(piece, shared)
  }

  /**
   * `content` of a piece as a file system would read `[begin, begin + length)` of it: what lies below a file's length and was
   * never written is zeros. `undefined`: a file is shorter.
   */
  withHoles(content: Extents, piece: number, begin: number, length: number): Extents | undefined {
    if (content.covers(begin, length)) return content
    const start = this.geometry.offsetOf(piece) + begin
    if (!this.#reaches(start, start + length)) return undefined
    const filled = new Extents()
    filled.put(begin, new Uint8Array(length))
    for (const run of content.within(begin, length)) filled.put(run.begin, run.bytes)
    return filled
  }

  /** Pieces of which something is there. */
  stored(): number[] {
    return [...this.#pieces].flatMap(([piece, content]) => (content.empty ? [] : [piece]))
  }

  /** Bytes that are there. */
  get used(): number {
    let sum = 0
    for (const [piece, content] of this.#pieces)
      for (const { bytes } of content.within(0, this.geometry.lengthOf(piece))) sum += bytes.length
    return sum
  }

  /** The byte at `offset`, if there is one, becomes another, unnoticed. */
  rot(piece: number, offset: number): void {
    const content = this.content(piece)
    if (content.covers(offset, 1))
      this.#own(piece).put(offset, Uint8Array.of(content.read(offset, 1)[0]! ^ 0xff))
  }

  write(piece: number, begin: number, bytes: Uint8Array): void {
    this.#own(piece).put(begin, bytes)
    this.#lengthen(piece, begin + bytes.length)
    const last = this.#volatile.ranges.at(-1)
    if (last?.piece === piece && last.begin + last.length === begin) last.length += bytes.length
    else this.#volatile.ranges.push({ piece, begin, length: bytes.length })
  }

  append(records: Uint8Array): void {
    this.#volatile.records.push(records)
  }

  /** Atomic and durable, as renaming a synced file is. */
  rewrite(journal: Uint8Array): void {
    this.#journal = journal
    for (const batch of [...this.#syncing, this.#volatile]) batch.records = []
  }

  /** Begins a barrier; what was written before is durable once the returned function is called. */
  barrier(): () => void {
    const batch = this.#volatile
    this.#volatile = { ranges: [], records: [] }
    this.#syncing.push(batch)
    return () => {
      if (!this.#syncing.includes(batch)) return
      this.#syncing = this.#syncing.filter((other) => other !== batch)
      this.#journal = concatBytes([this.#journal, ...batch.records])
    }
  }

  /** A power cut: what no barrier covers becomes zeros, and of the journal's tail `torn` bytes remain. */
  crash(torn: number): void {
    const batches = [...this.#syncing, this.#volatile]
    for (const { piece, begin, length } of batches.flatMap((batch) => batch.ranges)) {
      this.#own(piece).put(begin, new Uint8Array(length))
    }
    const tail = concatBytes(batches.flatMap((batch) => batch.records))
    this.#journal = concatBytes([this.#journal, tail.subarray(0, torn)])
    this.#volatile = { ranges: [], records: [] }
    this.#syncing = []
    this.locked = false
  }

  /** A piece that may be written to. */
  #own(piece: number): Extents {
    let content = this.#pieces.get(piece)
    if (content === undefined || content instanceof SharedPiece) {
      content = new Extents(content?.runs)
      this.#pieces.set(piece, content)
    }
    return content
  }

  #zero(offset: number, length: number): void {
    const { pieceLength } = this.geometry
    for (let at = offset; at < offset + length; ) {
      const begin = at % pieceLength
      const part = Math.min(pieceLength - begin, offset + length - at)
      this.#own(Math.floor(at / pieceLength)).put(begin, new Uint8Array(part))
      at += part
    }
  }

  /** Whether the files between two offsets of the torrent are as long as that. */
  #reaches(start: number, end: number): boolean {
    let offset = 0
    return this.spec.files.every(({ length }, index) => {
      const from = offset
      offset += length
      return from >= end || offset <= start || this.lengths[index]! >= Math.min(length, end - from)
    })
  }

  #lengthen(piece: number, end: number): void {
    const reached = this.geometry.offsetOf(piece) + end
    let offset = 0
    this.spec.files.forEach(({ length }, index) => {
      const known = this.lengths[index]!
      if (known >= 0) this.lengths[index] = Math.max(known, Math.min(length, reached - offset))
      offset += length
    })
  }
}
