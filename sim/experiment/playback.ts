import type { Id } from '../../src/core/id.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'

/** More entries than this make a page that no browser likes. */
const CAP = 200_000
/** Nobody can follow more dots than this. */
const MOST_HOSTS = 500

export type HopKind = 'query' | 'answer' | 'timeout'

/** What happened in a small run, in the order in which it happened, to be looked at again. Times in seconds, hosts by number. */
export interface Playback {
  /** Hosts with their groups; `ring` is the place of the id among all ids, 0 to 1, or `null` where there is none. */
  readonly hosts: readonly PlaybackHost[]
  /** A machine came up (`true`) or went down. */
  readonly lives: readonly (readonly [at: number, host: number, up: boolean])[]
  readonly walks: readonly PlaybackWalk[]
  readonly hops: readonly (readonly [at: number, walk: number, from: number, to: number, kind: HopKind])[]
  /** Pieces that the torrent has. */
  readonly pieceCount: number
  readonly pieces: readonly (readonly [at: number, host: number, piece: number])[]
  /** Entries that had no room. */
  readonly leftOut: number
}

export interface PlaybackHost {
  readonly host: number
  readonly ring: number | null
  readonly group: string
}

export interface PlaybackWalk {
  readonly walk: number
  readonly asker: number
  /** Place of the target, as `ring`. */
  readonly target: number
  readonly begun: number
  /** `null`: it had not ended when the recording did. */
  readonly ended: number | null
}

/**
 * Writes down what the page can play again. Bounded: what is beyond the cap, or concerns hosts beyond the first few hundred,
 * is counted and left out.
 */
export class PlaybackRecorder {
  readonly #cap: number
  readonly #hosts = new Map<number, PlaybackHost>()
  readonly #walks = new Map<number, PlaybackWalk>()
  readonly #lives: [number, number, boolean][] = []
  readonly #hops: [number, number, number, number, HopKind][] = []
  readonly #pieces: [number, number, number][] = []
  #pieceCount = 0
  #entries = 0
  #leftOut = 0

  constructor(cap: number = CAP) {
    this.#cap = cap
  }

  /** Whether there is room for more; who feeds the recorder may stop looking when there is none. */
  get isFull(): boolean {
    return this.#entries >= this.#cap
  }

  /** A host is known from now on; called again once its id is. */
  host(host: number, group: string, id?: Id): void {
    if (!this.#hosts.has(host) && this.#hosts.size >= MOST_HOSTS) return
    this.#hosts.set(host, { host, group, ring: id === undefined ? null : placeOnRing(id) })
  }

  up(now: Micros, host: number): void {
    if (this.#admits(host)) this.#lives.push([now / SECOND, host, true])
  }

  down(now: Micros, host: number): void {
    if (this.#admits(host)) this.#lives.push([now / SECOND, host, false])
  }

  /** `walk` is any number that no other look-up has. */
  lookupBegun(now: Micros, walk: number, asker: number, target: Id): void {
    if (!this.#admits(asker)) return
    this.#walks.set(walk, {
      walk,
      asker,
      target: placeOnRing(target),
      begun: now / SECOND,
      ended: null,
    })
  }

  /** A message of a look-up arrived (`query`, `answer`) or was given up (`timeout`). */
  lookupHop(now: Micros, walk: number, from: number, to: number, kind: HopKind): void {
    if (this.#walks.has(walk) && this.#admits(from, to)) this.#hops.push([now / SECOND, walk, from, to, kind])
  }

  lookupEnded(now: Micros, walk: number): void {
    const begun = this.#walks.get(walk)
    if (begun !== undefined) this.#walks.set(walk, { ...begun, ended: now / SECOND })
  }

  pieceVerified(now: Micros, host: number, piece: number, pieceCount: number): void {
    this.#pieceCount = Math.max(this.#pieceCount, pieceCount)
    if (this.#admits(host)) this.#pieces.push([now / SECOND, host, piece])
  }

  get playback(): Playback {
    return {
      hosts: [...this.#hosts.values()],
      lives: this.#lives,
      walks: [...this.#walks.values()],
      hops: this.#hops,
      pieceCount: this.#pieceCount,
      pieces: this.#pieces,
      leftOut: this.#leftOut,
    }
  }

  #admits(...hosts: readonly number[]): boolean {
    const admitted = !this.isFull && hosts.every((host) => this.#hosts.has(host))
    if (admitted) this.#entries += 1
    else this.#leftOut += 1
    return admitted
  }
}

/** The first 24 bits of an id as a share of all ids. */
function placeOnRing(id: Id): number {
  return ((id[0]! * 256 + id[1]!) * 256 + id[2]!) / 2 ** 24
}
