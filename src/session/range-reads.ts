import type { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { TorrentCommand } from './commands.ts'
import type { Store } from './store.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

/** Bytes given to a reader at a time, at most. */
const PART = 64 * 1024

type ReadCommand = Extract<TorrentCommand, { readonly kind: 'read' | 'read-on' | 'end-read' }>

interface Reader {
  readonly read: number
  /** Where it goes on, in the content. */
  at: number
  readonly end: number
  /** It has asked for more and has not got it. */
  isWaiting: boolean
  isLoading: boolean
}

/**
 * Ranges of the content that are read while they arrive: each part is given once it is asked for, verified and on disk. What lies ahead
 * of a reader is fetched first.
 */
export class RangeReads {
  readonly #init: Pick<TorrentDriverInit, 'number' | 'emit'>
  readonly #torrent: Torrent
  readonly #readers = new Map<number, Reader>()
  #store: Store | undefined
  #geometry: Geometry | undefined

  constructor(init: Pick<TorrentDriverInit, 'number' | 'emit'>, torrent: Torrent) {
    this.#init = init
    this.#torrent = torrent
  }

  /** The torrent has begun. */
  begin(now: Micros, store: Store, geometry: Geometry): void {
    this.#store = store
    this.#geometry = geometry
    for (const reader of this.#readers.values()) this.#move(now, reader)
  }

  command(now: Micros, command: ReadCommand): void {
    const { read } = command
    if (command.kind === 'end-read') {
      this.#readers.delete(read)
      this.#torrent.wants?.leave(now, read)
    } else if (command.kind === 'read') {
      const reader = { read, at: command.begin, end: command.end, isWaiting: false, isLoading: false }
      this.#readers.set(read, reader)
      this.#move(now, reader)
    } else {
      const reader = this.#readers.get(read)
      if (reader === undefined) return
      reader.isWaiting = true
      this.#load(reader)
    }
  }

  /** Pieces may have come. */
  settle(): void {
    for (const reader of this.#readers.values()) this.#load(reader)
  }

  /** The torrent has ended; its readers learn it from that. */
  stop(): void {
    this.#readers.clear()
    this.#store = undefined
  }

  /** Tells the swarm where a reader is. */
  #move(now: Micros, { read, at, end }: Reader): void {
    if (this.#geometry === undefined || at >= end) return
    const { pieceLength } = this.#geometry
    this.#torrent.wants?.read(now, read, Math.floor(at / pieceLength), Math.floor((end - 1) / pieceLength))
  }

  #load(reader: Reader): void {
    const store = this.#store
    if (!reader.isWaiting || reader.isLoading || store === undefined || reader.at >= reader.end) return
    const geometry = this.#geometry!
    const piece = Math.floor(reader.at / geometry.pieceLength)
    if (this.#torrent.pieces?.has(piece) !== true) return
    const begin = reader.at - geometry.offsetOf(piece)
    const length = Math.min(PART, geometry.lengthOf(piece) - begin, reader.end - reader.at)
    reader.isLoading = true
    store.read(piece, begin, length, (now, bytes, failure) => {
      reader.isLoading = false
      if (this.#readers.get(reader.read) !== reader) return
      const { number: torrent, emit } = this.#init
      const { read } = reader
      if (bytes === undefined) {
        this.#readers.delete(read)
        this.#torrent.wants?.leave(now, read)
        emit({ kind: 'read-failed', torrent, read, ...failure! })
        return
      }
      reader.isWaiting = false
      reader.at += length
      emit({ kind: 'read', torrent, read, bytes })
      const next = Math.floor(reader.at / geometry.pieceLength)
      if (next !== piece) this.#move(now, reader)
    })
  }
}
