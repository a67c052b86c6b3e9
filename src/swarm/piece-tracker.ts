import type { Bitfield } from '../core/bitfield.ts'
import type { Geometry } from '../core/geometry.ts'
import { type Level, SKIPPED } from './level.ts'
import { OpenMemory } from './open-memory.ts'
import { type Hold, NO_PEER, type OpenPiece, type PeerKey, RECEIVED } from './open-piece.ts'
import type { PadSource } from './padding.ts'
import { ParoledPieces } from './paroled-pieces.ts'
import { PartialPieces } from './partial-pieces.ts'
import type { PieceAccount } from './piece-budget.ts'
import { PieceLevels } from './piece-levels.ts'
import { BLOCK_STATES, type BlockState, PIECE_STATES, type PieceState } from './piece-state.ts'
import { SpareRecords } from './spare-records.ts'

export type { Hold, PeerKey } from './open-piece.ts'

const NOBODY: readonly PeerKey[] = []
const [MISSING, OPEN, FULL, HAVE] = [0, 1, 2, 3] as const

/** Told whenever a piece becomes or ceases to be wanted and `missing`, or such a one has another level. */
export type MissingObserver = (piece: number, missing: boolean) => void

/**
 * Each piece is in exactly one state, and each block of an open one too:
 *
 *     missing -- open --> open -- receive (last block) --> full -- verified --> have
 *        ^                 |                                |          |
 *        +---- abandon ----+------------ abandon, failed ---+-- lost --+
 *
 * (full -- spoilt --> open, where it is known which blocks are wrong.) Moves that a late completion may ask for twice change nothing the second time.
 */
export class PieceTracker {
  readonly geometry: Geometry
  /** What we have: verified pieces, a live view. */
  readonly have: Bitfield
  readonly account: PieceAccount
  readonly levels: PieceLevels
  readonly #memory: OpenMemory
  readonly #states: Uint8Array
  /** Open and full pieces, oldest first. */
  readonly #records = new Map<number, OpenPiece>()
  readonly #partial = new PartialPieces()
  readonly #spare = new SpareRecords()
  /** Failed pieces and who contributed to them. */
  readonly #paroled = new ParoledPieces()
  readonly #padding: PadSource | undefined
  readonly #contentOf = (piece: number): number =>
    this.#padding?.contentOf(piece) ?? this.geometry.lengthOf(piece)
  #observer: MissingObserver | undefined
  #remaining = 0
  /** Wanted pieces that we do not have. */
  #lacking = 0

  /** `have` is taken over: it is changed by `verified` and `lost` alone. `levels`: a `Level` for each piece; all `NORMAL` by default. */
  constructor(
    geometry: Geometry,
    have: Bitfield,
    account: PieceAccount,
    levels?: Uint8Array,
    padding?: PadSource,
  ) {
    this.geometry = geometry
    this.account = account
    this.#memory = new OpenMemory(geometry, account)
    this.have = have
    this.#padding = padding
    this.levels = new PieceLevels(geometry.pieceCount, levels)
    this.#states = new Uint8Array(geometry.pieceCount)
    for (let piece = 0; piece < geometry.pieceCount; piece++) {
      if (have.has(piece)) this.#states[piece] = HAVE
      else this.#count(piece, 1)
    }
  }

  /** What is fetched; the rest is left alone. A live view. */
  get wanted(): Bitfield {
    return this.levels.wanted
  }

  /** Bytes that we do not have of all pieces that have a level, padding left out. */
  get remaining(): number {
    return this.#remaining
  }

  /** Wanted pieces that we do not have. */
  get lacking(): number {
    return this.#lacking
  }

  get complete(): boolean {
    return this.#lacking === 0
  }

  lacks(piece: number): boolean {
    return this.wanted.has(piece) && !this.have.has(piece)
  }

  levelOf(piece: number): Level {
    return this.levels.of(piece)
  }

  /** What is open of a piece that is wanted no longer stays so: the caller gives it up. */
  setLevel(piece: number, level: Level): void {
    const before = this.levelOf(piece)
    if (before === level) return
    const counts = Number(level !== SKIPPED) - Number(before !== SKIPPED)
    if (!this.have.has(piece)) this.#remaining += counts * this.#contentOf(piece)
    this.#review(piece, this.levels.set(piece, level))
  }

  /** One reader more or less will come to it: it is wanted, whatever its level. */
  read(piece: number, by: 1 | -1): void {
    this.#review(piece, this.levels.read(piece, by))
  }

  /** It is wanted, nothing of it has come, and peers are to be asked for it. */
  isToFetch(piece: number): boolean {
    return this.#states[piece] === MISSING && this.wanted.has(piece) && this.#padding?.isWhole(piece) !== true
  }

  get openCount(): number {
    return this.#records.size
  }

  affords(piece: number): boolean {
    return this.#memory.affords(piece)
  }

  /** Whether there is memory for `block`, or can be. */
  reaches(record: OpenPiece, block: number): boolean {
    return this.#memory.reaches(record, block)
  }

  stateOf(piece: number): PieceState {
    return PIECE_STATES[this.#states[piece]!]!
  }

  blockState(piece: number, block: number): BlockState {
    const record = this.#records.get(piece)
    if (record === undefined) return this.#states[piece] === HAVE ? 'received' : 'free'
    return BLOCK_STATES[record.stateOf(block)]!
  }

  /** Who was asked for a block and has not been released; after `receive`: whom to cancel. */
  requestersOf(piece: number, block: number): readonly PeerKey[] {
    const record = this.#records.get(piece)
    return record === undefined || record.requesterCount(block) === 0 ? NOBODY : record.requestersOf(block)
  }

  /** The record of an open (not full) piece. */
  record(piece: number): OpenPiece | undefined {
    return this.#states[piece] === OPEN ? this.#records.get(piece) : undefined
  }

  /** Oldest first. */
  records(): IterableIterator<OpenPiece> {
    return this.#records.values()
  }

  /** Records of the open pieces that have free blocks. */
  get partial(): readonly OpenPiece[] {
    return this.#partial.list
  }

  /** Who contributed to `piece` when it failed: it is fetched again from one peer alone, rather not from these. */
  suspectsOf(piece: number): readonly PeerKey[] | undefined {
    return this.#paroled.of(piece)
  }

  /** Failed pieces that are not had yet. */
  paroled(): IterableIterator<number> {
    return this.#paroled.keys()
  }

  observe(observer: MissingObserver): void {
    this.#observer = observer
  }

  /** missing -> open. A piece that failed is opened for one peer alone, whatever `hold` says. */
  open(piece: number, holder: PeerKey, hold: Hold): void {
    if (this.#states[piece] !== MISSING) throw new Error(`piece ${piece} is ${this.stateOf(piece)}`)
    const blocks = this.geometry.blocksOf(piece)
    const record = this.#spare.take(blocks)
    record.reset(piece, blocks, holder, this.#paroled.has(piece) ? 'sole' : hold)
    this.#states[piece] = OPEN
    this.#records.set(piece, record)
    this.#memory.draw(record, 0)
    for (const block of this.#padding?.blocksOf(piece) ?? NOBODY) {
      this.#memory.draw(record, block)
      record.receive(block, NO_PEER)
      this.#padding!.fill(piece, block)
    }
    if (record.received === blocks) this.#states[piece] = FULL
    this.#partial.review(record)
    this.#observer?.(piece, false)
  }

  /** Books a request. False when the block is not to be had by this peer (any more). */
  request(piece: number, block: number, peer: PeerKey): boolean {
    const record = this.#addable(piece, peer)
    if (record !== undefined) this.#memory.draw(record, block)
    const booked = record?.request(block, peer) ?? false
    if (booked) this.#partial.review(record!)
    return booked
  }

  /** A request came back unanswered. False when there was none. */
  release(piece: number, block: number, peer: PeerKey): boolean {
    const record = this.#records.get(piece)
    if (record === undefined) return false
    const released = record.release(block, peer)
    if (released && record.hold === 'reserved' && record.holder === peer) record.hold = 'shared'
    if (released) this.#partial.review(record)
    return released
  }

  /**
   * The head of a block has come: may its bytes go straight into the piece's memory, must they be collected (another peer is
   * streaming this block), or thrown away? Asked and late blocks alike.
   */
  claim(piece: number, block: number, peer: PeerKey): 'stream' | 'collect' | 'discard' {
    if (!this.wants(piece, block, peer)) return 'discard'
    return this.#records.get(piece)!.claim(block, peer) ? 'stream' : 'collect'
  }

  /** Whether `peer`, whose claim was answered with `stream`, may still write: not once the block came from another. */
  streams(piece: number, block: number, peer: PeerKey): boolean {
    return this.record(piece)?.streams(block, peer) ?? false
  }

  /** Whether a whole block of this peer, collected before, is still of use: what may be written before `receive`. */
  wants(piece: number, block: number, peer: PeerKey): boolean {
    const record = this.#addable(piece, peer)
    return record !== undefined && block < record.reach && record.stateOf(block) !== RECEIVED
  }

  /** A block is whole. `duplicate`: it is not used; its bytes must not be written. */
  receive(piece: number, block: number, peer: PeerKey): 'new' | 'full' | 'duplicate' {
    if (!this.wants(piece, block, peer)) return 'duplicate'
    const record = this.#records.get(piece)!
    record.receive(block, peer)
    this.#partial.review(record)
    if (record.received < record.blocks) return 'new'
    this.#states[piece] = FULL
    return 'full'
  }

  /** `length` bytes of a long piece are on the disk, and no longer in memory. */
  written(piece: number, length: number): void {
    const record = this.#records.get(piece)
    if (record !== undefined) this.#memory.giveBack(record, Math.min(length, record.drawn))
  }

  /** full -> have. Who supplied it. */
  verified(piece: number): PeerKey[] {
    const record = this.#records.get(piece)
    if (record === undefined || this.#states[piece] !== FULL) return []
    const contributors = record.contributors()
    this.#close(record)
    this.#states[piece] = HAVE
    this.#paroled.delete(piece)
    this.have.add(piece)
    this.#count(piece, -1)
    return contributors
  }

  /** have -> missing: what is on the disk is something else now. */
  lost(piece: number): void {
    if (!this.have.remove(piece)) return
    this.#states[piece] = MISSING
    this.#count(piece, 1)
    this.#observer?.(piece, this.isToFetch(piece))
  }

  /** Who supplied each block of an open or full piece. */
  suppliersOf(piece: number): ArrayLike<PeerKey> {
    return this.#records.get(piece)?.suppliers() ?? NOBODY
  }

  /** full -> missing: the hash is wrong. Who supplied it; the piece is fetched again from one peer alone. */
  failed(piece: number): PeerKey[] {
    const record = this.#records.get(piece)
    if (record === undefined || this.#states[piece] !== FULL) return []
    const contributors = record.contributors()
    this.#paroled.add(piece, contributors)
    this.abandon(piece)
    return contributors
  }

  /** full -> open: of its blocks these are wrong. Who supplied them, each once. */
  spoilt(piece: number, blocks: readonly number[]): PeerKey[] {
    const record = this.#records.get(piece)
    if (record === undefined || this.#states[piece] !== FULL) return []
    const suppliers = record.suppliers()
    for (const block of blocks) record.spoil(block)
    record.hold = 'shared'
    this.#states[piece] = OPEN
    this.#memory.drawAgain(record, blocks)
    this.#partial.review(record)
    return [...new Set(blocks.map((block) => suppliers[block]!))]
  }

  /** open or full -> missing, nobody blamed: the disk failed, or its place is needed. Its memory is to be released. */
  abandon(piece: number): void {
    const record = this.#records.get(piece)
    if (record === undefined) return
    this.#close(record)
    this.#states[piece] = MISSING
    this.#observer?.(piece, this.isToFetch(piece))
  }

  /**
   * `peer` has left or stalls (its requests were released before): what it reserved is anyone's, and the pieces that it had
   * for itself are abandoned, so that another starts them afresh. Returns those: their memory is to be released.
   */
  disown(peer: PeerKey): number[] {
    const given: number[] = []
    for (const record of this.#records.values()) {
      if (record.holder !== peer || this.#states[record.piece] !== OPEN) continue
      if (record.hold === 'sole') given.push(record.piece)
      else record.hold = 'shared'
    }
    for (const piece of given) this.abandon(piece)
    return given
  }

  /** Of what we lack it is one more, or one less. */
  #count(piece: number, by: 1 | -1): void {
    if (this.levelOf(piece) !== SKIPPED) this.#remaining += by * this.#contentOf(piece)
    if (this.wanted.has(piece)) this.#lacking += by
  }

  #review(piece: number, counts: number): void {
    if (this.#states[piece] === HAVE) return
    this.#lacking += counts
    if (this.#states[piece] === MISSING) this.#observer?.(piece, this.isToFetch(piece))
  }

  #addable(piece: number, peer: PeerKey): OpenPiece | undefined {
    const record = this.record(piece)
    return record !== undefined && (record.hold !== 'sole' || record.holder === peer) ? record : undefined
  }

  #close(record: OpenPiece): void {
    record.free = 0
    this.#partial.review(record)
    this.#records.delete(record.piece)
    this.#memory.giveBack(record, record.drawn)
    if (record.capacity === this.geometry.blocksOf(0)) this.#spare.keep(record)
  }
}
