/** A peer as the parts of a swarm know it: a whole number from 1 to 2^31 - 1, never used twice in a torrent's life. */
export type PeerKey = number

/** Nobody. */
export const NO_PEER: PeerKey = 0

/** Who may add to an open piece: anyone; its holder, others only when they have nothing else; its holder alone. */
export type Hold = 'shared' | 'reserved' | 'sole'

/** Peers asked for one block at the same time. */
export const MOST_REQUESTERS = 3

const FREE = 0
export const REQUESTED = 1
export const RECEIVED = 2

/**
 * The blocks of one piece between its opening and its verification: per block its state, who was asked for it, who is
 * streaming it into the piece's memory and who supplied it. 21 bytes a block, recycled by the tracker.
 */
export class OpenPiece {
  piece = -1
  blocks = 0
  hold: Hold = 'shared'
  holder: PeerKey = NO_PEER
  /** Blocks in each state; they add up to `blocks`. */
  free = 0
  requested = 0
  received = 0
  /** Position in the tracker's list of pieces with free blocks, -1 when none is free. */
  place = -1
  /** Memory is drawn for the blocks below it, */
  reach = 0
  /** as many bytes, of which what is on the disk is given back. */
  drawn = 0
  readonly #states: Uint8Array
  readonly #requesters: Int32Array
  readonly #writers: Int32Array
  readonly #suppliers: Int32Array
  /** No block below it is free. */
  #cursor = 0

  constructor(capacity: number) {
    this.#states = new Uint8Array(capacity)
    this.#requesters = new Int32Array(capacity * MOST_REQUESTERS)
    this.#writers = new Int32Array(capacity)
    this.#suppliers = new Int32Array(capacity)
  }

  get capacity(): number {
    return this.#states.length
  }

  /** Starts anew as `piece`. */
  reset(piece: number, blocks: number, holder: PeerKey, hold: Hold): void {
    this.piece = piece
    this.blocks = blocks
    this.holder = holder
    this.hold = hold
    this.free = blocks
    this.requested = 0
    this.received = 0
    this.place = -1
    this.reach = 0
    this.drawn = 0
    this.#cursor = 0
    this.#states.fill(FREE, 0, blocks)
    this.#requesters.fill(NO_PEER, 0, blocks * MOST_REQUESTERS)
    this.#writers.fill(NO_PEER, 0, blocks)
    this.#suppliers.fill(NO_PEER, 0, blocks)
  }

  stateOf(block: number): number {
    return this.#states[block]!
  }

  /** Whether `peer` may add to it without asking twice. */
  open(peer: PeerKey): boolean {
    return this.hold === 'shared' || this.holder === peer
  }

  /** The first free block; there must be one. */
  firstFree(): number {
    return (this.#cursor = this.#states.indexOf(FREE, this.#cursor))
  }

  /** The first free block of every `stride`th from `from` on; -1: none. */
  freeAmong(from: number, stride: number): number {
    for (let block = from; block < this.blocks; block += stride)
      if (this.#states[block] === FREE) return block
    return -1
  }

  requesterCount(block: number): number {
    let count = 0
    const start = block * MOST_REQUESTERS
    for (let i = start; i < start + MOST_REQUESTERS; i++) if (this.#requesters[i] !== NO_PEER) count += 1
    return count
  }

  /** The `nth` (from 0 to `MOST_REQUESTERS - 1`) requester of a block, perhaps `NO_PEER`. */
  requester(block: number, nth: number): PeerKey {
    return this.#requesters[block * MOST_REQUESTERS + nth]!
  }

  /** All of them. */
  requestersOf(block: number): PeerKey[] {
    const start = block * MOST_REQUESTERS
    return [...this.#requesters.subarray(start, start + MOST_REQUESTERS)].filter((key) => key !== NO_PEER)
  }

  requestedFrom(block: number, peer: PeerKey): boolean {
    return this.#seat(block, peer) >= 0
  }

  /** False when the block is here, asked of too many or of this peer already. */
  request(block: number, peer: PeerKey): boolean {
    if (this.#states[block] === RECEIVED || this.#seat(block, peer) >= 0) return false
    const seat = this.#seat(block, NO_PEER)
    if (seat < 0) return false
    this.#requesters[seat] = peer
    if (this.#states[block] === FREE) this.#move(block, REQUESTED)
    return true
  }

  /** Takes back a request (and a half-streamed block); false when there was none. */
  release(block: number, peer: PeerKey): boolean {
    if (this.#writers[block] === peer) this.#writers[block] = NO_PEER
    const seat = this.#seat(block, peer)
    if (seat < 0) return false
    this.#requesters[seat] = NO_PEER
    if (this.#states[block] === REQUESTED && this.requesterCount(block) === 0) {
      this.#move(block, FREE)
      this.#cursor = Math.min(this.#cursor, block)
    }
    return true
  }

  /** Whether `peer` may stream the block into memory; the first that asks may. */
  claim(block: number, peer: PeerKey): boolean {
    if (this.#writers[block] === NO_PEER) this.#writers[block] = peer
    return this.#writers[block] === peer
  }

  streams(block: number, peer: PeerKey): boolean {
    return this.#states[block] !== RECEIVED && this.#writers[block] === peer
  }

  /** The block is whole, from `peer`. Others asked for it stay listed until they are released. */
  receive(block: number, peer: PeerKey): void {
    const seat = this.#seat(block, peer)
    if (seat >= 0) this.#requesters[seat] = NO_PEER
    this.#move(block, RECEIVED)
    this.#suppliers[block] = peer
  }

  /** What has come of a block is wrong. Of others it was taken back when it came. */
  spoil(block: number): void {
    this.#move(block, FREE)
    this.#requesters.fill(NO_PEER, block * MOST_REQUESTERS, (block + 1) * MOST_REQUESTERS)
    this.#suppliers[block] = NO_PEER
    this.#writers[block] = NO_PEER
    this.#cursor = Math.min(this.#cursor, block)
  }

  /** Who supplied each block, `NO_PEER` where none has come. */
  suppliers(): Int32Array {
    return this.#suppliers.slice(0, this.blocks)
  }

  /** Each peer that supplied a block, once, in order of blocks. */
  contributors(): PeerKey[] {
    const keys = new Set<PeerKey>()
    for (let block = 0; block < this.blocks; block++) {
      if (this.#suppliers[block] !== NO_PEER) keys.add(this.#suppliers[block]!)
    }
    return [...keys]
  }

  #seat(block: number, peer: PeerKey): number {
    const start = block * MOST_REQUESTERS
    for (let i = start; i < start + MOST_REQUESTERS; i++) if (this.#requesters[i] === peer) return i
    return -1
  }

  #move(block: number, to: number): void {
    this.#count(this.#states[block]!, -1)
    this.#count(to, 1)
    this.#states[block] = to
  }

  #count(state: number, by: number): void {
    if (state === FREE) this.free += by
    else if (state === REQUESTED) this.requested += by
    else this.received += by
  }
}
