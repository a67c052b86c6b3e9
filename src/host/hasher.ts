import { LodestoneError } from '../core/errors.ts'
import type { Handle, HasherPort, Ticket } from '../session/ports.ts'
import { hashBlocks } from './block-hashes.ts'
import type { HostStorage } from './disk.ts'
import { HashWorkers, type Launch } from './hash-workers.ts'
import type { Inbox } from './inbox.ts'
import { storageFailure, storeClosed } from './storage-error.ts'
import type { Store } from './store.ts'

/**
 * So many pieces are hashed from files at once without a thread, while there is none: the sample of a start waited 50 ms for threads on a quiet
 * machine, 500 on one of two cores with a load of 12, and takes this thread 2 ms a piece of 4 MiB. Longer ones are looked at again by each download.
 */
const FEW = 4
const SHORT = 4 * 1024 * 1024

/** Fewer bytes are hashed sooner than they are handed over. */
const HANDED = 64 * 1024

/**
 * SHA-1 of pieces in memory is worked out on this thread, where their bytes are warm; of pieces in files on threads that read them, unless they are
 * few; SHA-256 of blocks on threads, which get a copy of what is in memory.
 */
export class HostHasher implements HasherPort {
  readonly #inbox: Inbox
  readonly #storage: HostStorage
  readonly #workers: HashWorkers
  /** Pieces that are being hashed from files on this thread. */
  #here = 0

  /** `memory`: what threads may take together, bytes. */
  constructor(inbox: Inbox, storage: HostStorage, launch?: Launch, memory?: number) {
    this.#inbox = inbox
    this.#storage = storage
    this.#workers = new HashWorkers(launch, memory)
  }

  hash(ticket: Ticket, handle: Handle, piece: number): void {
    const store = this.#storage.find(handle)
    this.#inbox.settle(ticket, this.#digest(store, piece), (error) =>
      storageFailure(error, store?.files.root ?? 'the store'),
    )
  }

  digests(ticket: Ticket, handle: Handle, piece: number, begin: number, length: number): void {
    const store = this.#storage.find(handle)
    const hash = (bytes: Uint8Array): Uint8Array => hashBlocks('sha1', bytes)
    const digests = store?.digests.parts(piece, begin, length, hash) ?? Promise.reject(storeClosed())
    this.#inbox.settle(ticket, digests, (error) => storageFailure(error, store?.files.root ?? 'the store'))
  }

  leaves(ticket: Ticket, handle: Handle, piece: number, begin: number, length: number): void {
    const store = this.#storage.find(handle)
    this.#inbox.settle(ticket, this.#leaves(store, piece, begin, length), (error) =>
      storageFailure(error, store?.files.root ?? 'the store'),
    )
  }

  close(): Promise<void> {
    return this.#workers.close()
  }

  async #digest(store: Store | undefined, piece: number): Promise<Uint8Array> {
    if (store === undefined) throw storeClosed()
    if (store.memory.holdsAny(piece)) return store.digests.whole(piece)
    const here = (): Promise<Uint8Array> => store.digests.whole(piece)
    if (this.#isLittle(store.geometry.lengthOf(piece))) return this.#alone(here)
    return onThread(() => store.beside(() => this.#workers.digest(store.placeOf(piece))), here)
  }

  async #leaves(store: Store | undefined, piece: number, begin: number, length: number): Promise<Uint8Array> {
    if (store === undefined) throw storeClosed()
    const hash = (bytes: Uint8Array): Uint8Array => hashBlocks('sha256', bytes)
    const here = (): Promise<Uint8Array> => store.digests.parts(piece, begin, length, hash)
    if (length < HANDED) return here()
    if (store.memory.holdsAny(piece)) {
      const there = (bytes: Uint8Array): Promise<Uint8Array> => this.#workers.leavesOf(bytes)
      return onThread(() => store.digests.parts(piece, begin, length, there), here)
    }
    if (this.#isLittle(length)) return this.#alone(here)
    const place = store.placeOf(piece, begin, length)
    return onThread(() => store.beside(() => this.#workers.leaves(place)), here)
  }

  #isLittle(length: number): boolean {
    return length <= SHORT && this.#here < FEW && !this.#workers.running
  }

  #alone(work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    this.#here += 1
    return work().finally(() => {
      this.#here -= 1
    })
  }
}

/** Threads may not be had: where loaders of the main thread do not reach them, or under limits of the system. Then it is done here. */
async function onThread(
  work: () => Promise<Uint8Array>,
  here: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LodestoneError && error.code === 'thread/failed') return here()
    throw error
  }
}
