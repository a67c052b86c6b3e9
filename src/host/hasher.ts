import { LodestoneError } from '../core/errors.ts'
import type { Handle, HasherPort, Ticket } from '../session/ports.ts'
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

/** Pieces in memory are hashed on this thread, where their bytes are warm; pieces in files on threads that read them, unless they are few. */
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
    const digests = store?.digests(piece, begin, length) ?? Promise.reject(storeClosed())
    this.#inbox.settle(ticket, digests, (error) => storageFailure(error, store?.files.root ?? 'the store'))
  }

  close(): Promise<void> {
    return this.#workers.close()
  }

  async #digest(store: Store | undefined, piece: number): Promise<Uint8Array> {
    if (store === undefined) throw storeClosed()
    if (store.memory.holdsAny(piece)) return store.digest(piece)
    const isShort = store.geometry.lengthOf(piece) <= SHORT
    if (isShort && this.#here < FEW && !this.#workers.running) {
      this.#here += 1
      return store.digest(piece).finally(() => {
        this.#here -= 1
      })
    }
    try {
      return await store.beside(() => this.#workers.digest(store.placeOf(piece)))
    } catch (error) {
      // Threads may not be had: where loaders of the main thread do not reach them, or under limits of the system.
      if (error instanceof LodestoneError && error.code === 'thread/failed') return store.digest(piece)
      throw error
    }
  }
}
