import { Garbage } from './garbage.ts'
import { plainBytes } from './plain-bytes.ts'

/** Segments are as long as a piece, but no longer than this: the smallest write that runs at the disk's speed. */
export const LONGEST_SEGMENT: number = 1024 * 1024
/** Of the stock, what views that are being sent may keep from being used again. */
const LENT_SHARE = 1 / 3
/** Of the stock, what is at most kept as a cache while there is room. */
const CACHE_SHARE = 1 / 2

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
  /** Views of it that were given out to be sent, and have not left. */
  lent: number
  /** Its owner has done with it: the last user gives it back. */
  over: boolean
}

/**
 * The memory of pieces, for the whole process: rooms that are free to be used again, so that a download allocates nothing in
 * its steady state, and a cache of what is as it lies in the files, so that uploads are served without the disk. Both give way: all
 * together stays within a limit, as long as what is held does.
 */
export class SegmentStock {
  readonly #limit: number
  readonly #garbage: Garbage
  readonly #free = new Map<number, Uint8Array[]>()
  #freeBytes = 0
  /** Least recently used first. */
  readonly #cache = new Map<string, Segment>()
  #cacheBytes = 0
  /** Of segments with views on their way. */
  #lentBytes = 0
  /** All rooms: held, free, cached and on their way. */
  #bytes = 0
  #most = 0
  /** Whose memory a view is. */
  readonly #owners = new WeakMap<ArrayBufferLike, Segment>()

  /** `limit`: bytes in all. */
  constructor(limit: number, garbage: Garbage = new Garbage()) {
    this.#limit = limit
    this.#garbage = garbage
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  get cachedBytes(): number {
    return this.#cacheBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The most that there ever was. */
  get mostBytes(): number {
    return this.#most
  }

  /** A segment of `length` bytes (undefined content) in room for `capacity`. */
  take(capacity: number, length: number): Segment {
    this.#yield(capacity)
    let room = this.#free.get(capacity)?.pop()
    if (room !== undefined) this.#freeBytes -= capacity
    else {
      room = plainBytes(Buffer.allocUnsafeSlow(capacity))
      this.#bytes += capacity
      if (this.#bytes > this.#most) this.#most = this.#bytes
    }
    const bytes = length === capacity ? room : room.subarray(0, length)
    return { room, bytes, left: length, flushed: 0, users: 0, lent: 0, over: false }
  }

  /** The same for what is only worth reading together while there is memory for it. */
  tryTake(capacity: number, length: number): Segment | undefined {
    this.#yield(capacity)
    return this.#hasFree(capacity) || this.#bytes + capacity <= this.#limit
      ? this.take(capacity, length)
      : undefined
  }

  /** Bytes of nobody's: used once, and not of the stock. */
  spare(length: number): Uint8Array {
    this.#garbage.made(length)
    return plainBytes(Buffer.allocUnsafeSlow(length))
  }

  /** Takes back a segment; its room is used again once nobody can be reading it. */
  recycle(segment: Segment): void {
    segment.over = true
    if (segment.lent > 0 || segment.users > 0) return
    const { room } = segment
    if (this.#bytes > this.#limit) {
      this.#bytes -= room.length
      return
    }
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
    while (this.#cacheBytes > this.#limit * CACHE_SHARE && this.#forgetOldest()) {}
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

  /** Somebody reads it, until `unused`. */
  use(segment: Segment): void {
    segment.users += 1
  }

  unused(segment: Segment): void {
    segment.users -= 1
    if (segment.over) this.recycle(segment)
  }

  /**
   * A view of a segment's memory that may be sent, and counts as on its way until `returned`; a copy, where so much is on its way
   * already that remotes that do not read would pin what is not theirs.
   */
  lend(segment: Segment, view: Uint8Array): Uint8Array {
    const { length } = segment.room
    if (segment.lent === 0) {
      if (this.#lentBytes + length > this.#limit * LENT_SHARE) return this.#copy(view)
      this.#lentBytes += length
      this.#owners.set(view.buffer, segment)
    }
    segment.lent += 1
    return view
  }

  /** A view that was lent is on its way a second time. */
  lendAgain(view: Uint8Array): void {
    const segment = this.#owners.get(view.buffer)
    if (segment !== undefined) segment.lent += 1
  }

  /** A view has left, or will not; nothing happens where it is no segment's. */
  returned(view: Uint8Array): void {
    const segment = this.#owners.get(view.buffer)
    if (segment === undefined) return
    segment.lent -= 1
    if (segment.lent > 0) return
    this.#owners.delete(view.buffer)
    this.#lentBytes -= segment.room.length
    if (segment.over) this.recycle(segment)
  }

  #copy(view: Uint8Array): Uint8Array {
    const copy = this.spare(view.length)
    copy.set(view)
    return copy
  }

  /** Makes room for `capacity` bytes: free rooms of another length go first, then what was cached longest. */
  #yield(capacity: number): void {
    while (!this.#hasFree(capacity) && this.#bytes + capacity > this.#limit) {
      if (!this.#dropFree() && !this.#forgetOldest()) return
    }
  }

  #hasFree(capacity: number): boolean {
    return (this.#free.get(capacity)?.length ?? 0) > 0
  }

  #dropFree(): boolean {
    for (const [length, rooms] of this.#free) {
      if (rooms.pop() === undefined) continue
      this.#bytes -= length
      this.#freeBytes -= length
      return true
    }
    return false
  }

  #forgetOldest(): boolean {
    for (const oldest of this.#cache.keys()) {
      this.forget(oldest)
      return true
    }
    return false
  }
}
