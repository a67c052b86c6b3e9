import { concatBytes } from '../core/bytes.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { PeerKey } from './piece-tracker.ts'

/** What is requested of an info dictionary at once (BEP 9). */
export const METADATA_PIECE = 16_384
/**
 * A piece that does not come is asked of twice as many peers after each of these, when nothing else is left to ask, and from 32 on of
 * four more: a crowd of silent ones costs its logarithm, and whoever comes then is asked soon all the same.
 */
const REPEAT_EVERY = SECOND
const DOUBLED_UP_TO = 32
const MORE_AT_ONCE = 4

interface Block {
  readonly bytes: Uint8Array
  readonly peer: PeerKey
  readonly who: string
}

/** Who supplied a block of an assembly that failed, and its hash. */
export interface Evidence {
  readonly piece: number
  readonly digest: Uint8Array
  readonly peer: PeerKey
  readonly who: string
}

/** An info dictionary being assembled for one claimed size. Holds what has arrived, no more. */
export class MetadataGroup {
  readonly size: number
  readonly count: number
  /** Claims are honoured in turns when memory is short: whether it is this one's, since when, and how many it had. */
  begun = false
  begunAt: Micros = 0
  turns = 0
  /** Set once an assembly from several peers was wrong: from then on all pieces come from one. */
  alone = false
  source: PeerKey | undefined
  /** Of the last wrong assembly from several peers. */
  evidence: readonly Evidence[] = []
  readonly #blocks = new Map<number, Block>()
  /** Pieces asked for and not here: how many peers owe it now, and when it was asked for first. */
  readonly #asked = new Map<number, { owing: number; readonly at: Micros }>()
  /** No piece below it is unasked. */
  #cursor = 0

  constructor(size: number) {
    this.size = size
    this.count = Math.ceil(size / METADATA_PIECE)
  }

  get complete(): boolean {
    return this.#blocks.size === this.count
  }

  get empty(): boolean {
    return this.#blocks.size === 0
  }

  lengthOf(piece: number): number {
    return Math.min(METADATA_PIECE, this.size - piece * METADATA_PIECE)
  }

  has(piece: number): boolean {
    return this.#blocks.has(piece)
  }

  /** The next piece to ask a peer for, which owes us `owed` (`NEVER`: it is late with it); -1: none now. */
  wanted(now: Micros, owed: ReadonlyMap<number, Micros>): number {
    while (this.#cursor < this.count && (this.#blocks.has(this.#cursor) || this.#asked.has(this.#cursor))) {
      this.#cursor += 1
    }
    if (this.#cursor < this.count) return this.#cursor
    let fewest = Number.POSITIVE_INFINITY
    let wanted = -1
    for (const [piece, { owing, at }] of this.#asked) {
      if (owing >= fewest || now < repeatAt(owing, at) || (owed.get(piece) ?? NEVER) !== NEVER) continue
      fewest = owing
      wanted = piece
    }
    return wanted
  }

  /** When `wanted` may next name a piece again. */
  nextRepeat(now: Micros): Micros {
    let next = NEVER
    for (const { owing, at } of this.#asked.values()) {
      const repeat = repeatAt(owing, at)
      if (repeat > now) next = Math.min(next, repeat)
    }
    return next
  }

  ask(now: Micros, piece: number): void {
    const asked = this.#asked.get(piece)
    if (asked === undefined) this.#asked.set(piece, { owing: 1, at: now })
    else asked.owing += 1
  }

  /** A request will not be answered. */
  unask(piece: number): void {
    const asked = this.#asked.get(piece)
    if (asked !== undefined) asked.owing -= 1
  }

  /** Keeps a copy of a block. */
  keep(piece: number, bytes: Uint8Array, peer: PeerKey, who: string): void {
    this.#asked.delete(piece)
    this.#blocks.set(piece, { bytes: bytes.slice(), peer, who })
  }

  assembled(): Uint8Array {
    return concatBytes(Array.from({ length: this.count }, (_, piece) => this.#blocks.get(piece)!.bytes))
  }

  /** Peers that supplied blocks, each once, and as whom. */
  contributors(): Map<PeerKey, string> {
    const keys = new Map<PeerKey, string>()
    for (const { peer, who } of this.#blocks.values()) keys.set(peer, who)
    return keys
  }

  digests(sha1: (bytes: Uint8Array) => Uint8Array): Evidence[] {
    return [...this.#blocks].map(([piece, { bytes, peer, who }]) => ({
      piece,
      digest: sha1(bytes),
      peer,
      who,
    }))
  }

  /** Gives up what has arrived and what was asked for. */
  clear(): void {
    this.#blocks.clear()
    this.#asked.clear()
    this.#cursor = 0
    this.source = undefined
  }
}

/**
 * When a piece first asked for `at` may be asked of one more than the `owing` who owe it: 0, 1, 2, 3, 4 ... after 0, 0, 1, 2, 2 ... seconds,
 * 32 and 36 after 5 and 6.
 */
function repeatAt(owing: number, at: Micros): Micros {
  if (owing === 0) return at
  const doublings = 32 - Math.clz32(Math.min(owing, DOUBLED_UP_TO))
  return at + (doublings + Math.floor(Math.max(0, owing - DOUBLED_UP_TO) / MORE_AT_ONCE)) * REPEAT_EVERY
}
