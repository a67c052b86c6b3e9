import type { EraseSpec, Handle, StoragePort, StoreSpec, Ticket } from '../session/ports.ts'
import { eraseTorrent } from './erase-torrent.ts'
import { type FileCalls, systemFiles } from './file-calls.ts'
import type { Inbox } from './inbox.ts'
import { OpenFiles } from './open-files.ts'
import type { SegmentStock } from './segment-stock.ts'
import { storageFailure, storeClosed } from './storage-error.ts'
import { Store } from './store.ts'

/** The stores of a process; each call is handed to its `Store`. */
export class HostStorage implements StoragePort {
  readonly #inbox: Inbox
  readonly #stateFolder: string | undefined
  readonly #stock: SegmentStock
  readonly #open: OpenFiles
  readonly #files: FileCalls
  readonly #stores = new Map<Handle, Store>()
  /** Stores that are being closed, and torrents that are being erased. */
  readonly #ending = new Set<Promise<unknown>>()

  /** `fileCap`: files held open at a time. */
  constructor(
    inbox: Inbox,
    stateFolder: string | undefined,
    fileCap: number,
    stock: SegmentStock,
    files: FileCalls = systemFiles,
  ) {
    this.#inbox = inbox
    this.#stock = stock
    this.#stateFolder = stateFolder
    this.#open = new OpenFiles(fileCap)
    this.#files = files
  }

  /** The store, for the hasher. */
  find(handle: Handle): Store | undefined {
    return this.#stores.get(handle)
  }

  open(ticket: Ticket, handle: Handle, spec: StoreSpec): void {
    const store = new Store({
      spec,
      key: String(handle),
      stateFolder: this.#stateFolder,
      stock: this.#stock,
      open: this.#open,
      files: this.#files,
    })
    this.#stores.set(handle, store)
    this.#settle(ticket, handle, () => store.open())
  }

  prepare(ticket: Ticket, handle: Handle): void {
    this.#settle(ticket, handle, (store) => store.prepare())
  }

  select(ticket: Ticket, handle: Handle, skip: readonly boolean[]): void {
    this.#settle(ticket, handle, (store) => store.select(skip))
  }

  write(handle: Handle, piece: number, offset: number, view: Uint8Array): void {
    this.#stores.get(handle)?.memory.write(piece, offset, view)
  }

  flush(ticket: Ticket, handle: Handle, piece: number, begin: number, length: number): void {
    this.#settle(ticket, handle, (store) => store.flush(piece, begin, length))
  }

  release(handle: Handle, piece: number, begin: number, length: number): void {
    this.#stores.get(handle)?.memory.release(piece, begin, length)
  }

  read(ticket: Ticket, handle: Handle, piece: number, begin: number, length: number): void {
    // Whoever wanted it has been told by then, and has given it to a stream or to nobody.
    const told = (view: Uint8Array): void => this.#stock.returned(view)
    this.#settle(ticket, handle, (store) => store.read(piece, begin, length), told)
  }

  append(ticket: Ticket, handle: Handle, records: Uint8Array): void {
    this.#settle(ticket, handle, (store) => store.append(records))
  }

  rewrite(ticket: Ticket, handle: Handle, journal: Uint8Array): void {
    this.#settle(ticket, handle, (store) => store.rewrite(journal))
  }

  barrier(ticket: Ticket, handle: Handle): void {
    this.#settle(ticket, handle, (store) => store.barrier())
  }

  confirm(ticket: Ticket, handle: Handle): void {
    this.#settle(ticket, handle, (store) => store.confirm())
  }

  marks(ticket: Ticket, handle: Handle): void {
    this.#settle(ticket, handle, (store) => store.marks())
  }

  move(ticket: Ticket, handle: Handle, out: string): void {
    this.#settle(ticket, handle, (store) => store.move(out))
  }

  stay(handle: Handle): void {
    this.#stores.get(handle)?.stay()
  }

  close(ticket: Ticket, handle: Handle): void {
    const place = this.#stores.get(handle)?.files.root ?? ''
    this.#inbox.settle(ticket, this.#close(handle), (error) => storageFailure(error, place))
  }

  erase(ticket: Ticket, spec: EraseSpec): void {
    const erasing = this.#end(eraseTorrent(spec, this.#stateFolder, this.#files))
    this.#inbox.settle(ticket, erasing, (error) => storageFailure(error, spec.out))
  }

  async closeAll(): Promise<void> {
    for (const handle of [...this.#stores.keys()]) void this.#close(handle)
    await Promise.allSettled(this.#ending)
  }

  async #close(handle: Handle): Promise<void> {
    const store = this.#stores.get(handle)
    if (store === undefined) return
    this.#stores.delete(handle)
    await this.#end(store.close())
  }

  async #end<T>(work: Promise<T>): Promise<T> {
    this.#ending.add(work)
    try {
      return await work
    } finally {
      this.#ending.delete(work)
    }
  }

  #settle<T>(
    ticket: Ticket,
    handle: Handle,
    ask: (store: Store) => Promise<T>,
    told?: (value: T) => void,
  ): void {
    const store = this.#stores.get(handle)
    const place = store?.files.root ?? 'the store'
    const work: Promise<T> = store === undefined ? Promise.reject(storeClosed()) : ask(store)
    this.#inbox.settle(ticket, work, (error) => storageFailure(error, place))
    if (told !== undefined) void work.then(told, () => {})
  }
}
