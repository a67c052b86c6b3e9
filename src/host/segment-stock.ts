import { plainBytes } from './plain-bytes.ts'

/** Segments are as long as a piece, but no longer than this: the smallest write that runs at the disk's speed. */
export const LONGEST_SEGMENT: number = 1024 * 1024
const FREE_CAP = 64 * 1024 * 1024
const CACHE_CAP = 24 * 1024 * 1024

/** A piece, or 1 MiB of one, in memory. */
export interface Segment {
  /** What was taken from the stock; `bytes` is its beginning. */
  readonly room: Uint8Array
  readonly bytes: Uint8Array
  /** Bytes that were not released. */
  left: number
  /** Bytes that have been written to the files. */
  flushed: number
  /** Writes to the files and hashes that read it now. */
  users: number
  /** Whether a view was handed out whose use has no known end (a socket's); such memory is left to the collector. */
  lent: boolean
}

export function segmentOf(room: Uint8Array, bytes: Uint8Array = room): Segment {
  return { room, bytes, left: bytes.length, flushed: 0, users: 0, lent: false }
}

/**
 * The memory of pieces, for the whole process: rooms that are free to be used again, so that a download allocates nothing in
 * its steady state, and a cache of what is as it lies in the files, so that uploads are served without the disk.
 */
export class SegmentStock {
  readonly #free = new Map<number, Uint8Array[]>()
  #freeBytes = 0
  /** Least recently used first. */
  readonly #cache = new Map<string, Segment>()
  #cacheBytes = 0

  get freeBytes(): number {
    return this.#freeBytes
  }

  get cachedBytes(): number {
    return this.#cacheBytes
  }

  /** A segment of `length` bytes (undefined content) in room for `capacity`. */
  take(capacity: number, length: number): Segment {
    const room = this.#free.get(capacity)?.pop()
    if (room !== undefined) this.#freeBytes -= capacity
    const owned = room ?? plainBytes(Buffer.allocUnsafeSlow(capacity))
    const bytes = length === capacity ? owned : owned.subarray(0, length)
    return segmentOf(owned, bytes)
  }

  /** Takes back a segment; its room is used again if nobody can be reading it. */
  recycle(segment: Segment): void {
    const { room, lent, users } = segment
    if (lent || users > 0 || this.#freeBytes + room.length > FREE_CAP) return
    const same = this.#free.get(room.length)
    if (same === undefined) this.#free.set(room.length, [room])
    else same.push(room)
    this.#freeBytes += room.length
  }

  /** Keeps a segment whose bytes are those of the files. */
  keep(key: string, segment: Segment): void {
    this.forget(key)
    this.#cache.set(key, segment)
    this.#cacheBytes += segment.room.length
    for (const oldest of this.#cache.keys()) {
      if (this.#cacheBytes <= CACHE_CAP) break
      this.forget(oldest)
    }
  }

  cached(key: string): Segment | undefined {
    const segment = this.#cache.get(key)
    if (segment !== undefined) {
      this.#cache.delete(key)
      this.#cache.set(key, segment)
    }
    return segment
  }

  forget(key: string): void {
    const segment = this.#cache.get(key)
    if (segment === undefined) return
    this.#cache.delete(key)
    this.#cacheBytes -= segment.room.length
    this.recycle(segment)
  }

  /** Forgets all whose key begins with `prefix`. */
  forgetAll(prefix: string): void {
    for (const key of [...this.#cache.keys()]) if (key.startsWith(prefix)) this.forget(key)
  }
}
