import type { Micros } from '../../src/core/time.ts'
import { OlderFiles } from '../../src/session/older-files.ts'
import type {
  EraseSpec,
  Handle,
  Outcome,
  StoragePort,
  StoreMoved,
  StoreOpened,
  StoreSpec,
  Ticket,
} from '../../src/session/ports.ts'
import { type Answers, failure } from '../engine/answers.ts'
import { Extents } from '../payload/extents.ts'
import { inPool } from '../payload/pool.ts'
import type { Disk, DiskTrouble } from './disk.ts'
import type { Volume } from './volume.ts'

interface Store {
  readonly volume: Volume
  spec: StoreSpec
  readonly memory: Map<number, Extents>
  /** Whether each file is wanted. */
  wanted: readonly boolean[]
}

/** The storage port of one machine: piece memory that keeps references into the pool, above a disk that lives on. */
export class MemoryStorage implements StoragePort {
  readonly #disk: Disk
  readonly #answers: Answers
  readonly #stores = new Map<Handle, Store>()

  constructor(disk: Disk, answers: Answers) {
    this.#disk = disk
    this.#answers = answers
  }

  open(ticket: Ticket, handle: Handle, spec: StoreSpec): void {
    const volume = this.#disk.volume(spec)
    if (volume.locked) {
      this.#answers.fail(ticket, 'storage/locked', `Another process uses ${spec.out} for this torrent.`)
      return
    }
    if (!spec.ephemeral) volume.locked = true
    const wanted = spec.files.map(({ skip }) => skip !== true)
    this.#stores.set(handle, { volume, spec, memory: new Map(), wanted })
    this.#answers.give(this.#disk.busy(this.#answers.now, 0), ticket, () => {
      const { gone } = this.#disk.faults
      const opened: StoreOpened = {
        folder: volume.folder && !gone,
        lengths: volume.lengths.map((length, index) => (gone && !spec.files[index]!.pad ? -1 : length)),
        marks: marksOf(volume, gone),
        journal: volume.journal,
        journalAside: undefined,
        paths: pathsOf(spec),
      }
      return { ok: true, value: opened }
    })
  }

  prepare(ticket: Ticket, handle: Handle): void {
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, 0), (store) => {
      const refusal = this.#refusal(store, 'write')
      if (refusal === undefined) store.volume.prepare()
      return refusal ?? DONE
    })
  }

  /** The content of all files lies in one place, so nothing is moved. */
  select(ticket: Ticket, handle: Handle, skip: readonly boolean[]): void {
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, 0), (store) => {
      store.wanted = store.spec.files.map((_, index) => skip[index] !== true)
      return DONE
    })
  }

  write(handle: Handle, piece: number, offset: number, view: Uint8Array): void {
    const store = this.#stores.get(handle)
    if (store === undefined) return
    let memory = store.memory.get(piece)
    if (memory === undefined) {
      memory = new Extents()
      store.memory.set(piece, memory)
    }
    memory.put(offset, inPool(view) ? view : view.slice())
  }

  flush(ticket: Ticket, handle: Handle, piece: number, begin: number, length: number): void {
    // Views never change, so what is written is what the memory holds now.
    const parts = [...(this.#stores.get(handle)?.memory.get(piece)?.within(begin, length) ?? [])]
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, length), (store) => {
      const { volume, spec } = store
      const refusal = this.#refusal(store, 'write')
      if (refusal !== undefined) return refusal
      if (!volume.folder) return failure('storage/missing', `The folder ${spec.out} is gone.`)
      for (const part of parts) {
        if (!this.#disk.write(volume, piece, part.begin, part.bytes)) {
          return failure('storage/full', `There is no space left for ${spec.out}.`)
        }
      }
      volume.share(piece)
      return DONE
    })
  }

  release(handle: Handle, piece: number, begin: number, length: number): void {
    const memory = this.#stores.get(handle)?.memory
    const held = memory?.get(piece)
    held?.cut(begin, length)
    if (held?.empty) memory?.delete(piece)
  }

  read(ticket: Ticket, handle: Handle, piece: number, begin: number, length: number): void {
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, length), (store) => {
      const refusal = this.#refusal(store, 'read')
      if (refusal !== undefined) return refusal
      const content = store.volume.withHoles(pieceOf(store, piece), piece, begin, length)
      if (content === undefined) {
        return failure('storage/missing', `A file in ${store.spec.out} is shorter than it should be.`)
      }
      return { ok: true, value: content.read(begin, length) }
    })
  }

  append(ticket: Ticket, handle: Handle, records: Uint8Array): void {
    const kept = records.slice()
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, kept.length), ({ volume }) => {
      const refusal = this.#journalRefusal()
      if (refusal === undefined) volume.append(kept)
      return refusal ?? DONE
    })
  }

  rewrite(ticket: Ticket, handle: Handle, journal: Uint8Array): void {
    const kept = journal.slice()
    this.#ask(ticket, handle, this.#disk.sync(this.#answers.now), ({ volume }) => {
      const refusal = this.#journalRefusal()
      if (refusal === undefined) volume.rewrite(kept)
      return refusal ?? DONE
    })
  }

  barrier(ticket: Ticket, handle: Handle): void {
    // What is still being written does not belong to it, as on a real disk.
    const finish = this.#stores.get(handle)?.volume.barrier()
    this.#ask(ticket, handle, this.#disk.sync(this.#answers.now), () => {
      const refusal = this.#journalRefusal()
      if (refusal === undefined) finish?.()
      return refusal ?? DONE
    })
  }

  confirm(ticket: Ticket, handle: Handle): void {
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, 0), ({ volume, spec, wanted }) => {
      if (!volume.folder || this.#disk.faults.gone)
        return failure('storage/missing', `The folder ${spec.out} is gone.`)
      const surplus: string[] = []
      const older = new OlderFiles(spec.replaces)
      for (const [index, { path, length }] of spec.files.entries()) {
        const place = [spec.out, ...path].join('/')
        const known = volume.lengths[index]!
        if (!wanted[index]) continue
        if (known < length) return failure('storage/missing', `${place} is gone or was cut.`)
        if (known === length) continue
        if (spec.overwrite || older.knows(place)) volume.lengths[index] = length
        else surplus.push(place)
      }
      return { ok: true, value: surplus }
    })
  }

  marks(ticket: Ticket, handle: Handle): void {
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, 0), ({ volume }) => {
      return { ok: true, value: marksOf(volume, this.#disk.faults.gone) }
    })
  }

  move(ticket: Ticket, handle: Handle, out: string): void {
    const used = this.#stores.get(handle)?.volume.used ?? 0
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, used), (store) => {
      const { spec } = store
      if (out === spec.out) return DONE
      const refusal = this.#refusal(store, 'read')
      if (refusal !== undefined) return refusal
      if (!this.#disk.move(spec, out))
        return failure('storage/foreign-files', `Something else lies in ${out}.`)
      store.spec = { ...spec, out }
      const moved: StoreMoved = { from: spec.out, to: out, paths: pathsOf(store.spec) }
      return { ok: true, value: moved }
    })
  }

  /** A move is over at once when its time has come. */
  stay(): void {}

  close(ticket: Ticket, handle: Handle): void {
    this.#ask(ticket, handle, this.#disk.busy(this.#answers.now, 0), ({ volume, spec }) => {
      if (!spec.ephemeral) volume.locked = false
      this.#stores.delete(handle)
      return DONE
    })
  }

  erase(ticket: Ticket, spec: EraseSpec): void {
    this.#answers.give(this.#disk.busy(this.#answers.now, 0), ticket, () => {
      const trouble = this.#disk.trouble('write')
      if (trouble !== undefined) return failure(`storage/${trouble}`, SENTENCES[trouble])
      const left = this.#disk.foreign(spec)
      if (left.length > 0 || this.#disk.erase(spec)) return { ok: true, value: left }
      return failure('storage/locked', `Another process uses ${spec.out} for this torrent.`)
    })
  }

  /** A piece as it would be hashed: from memory where it is held, else from the files; or why it cannot be. */
  piece(handle: Handle, piece: number): { readonly content: Extents; readonly length: number } | Outcome {
    const length = this.#stores.get(handle)?.volume.geometry.lengthOf(piece) ?? 0
    const content = this.part(handle, piece, 0, length)
    return 'ok' in content ? content : { content, length }
  }

  /** The same of a part of a piece: what lies in `[begin, begin + length)` counts. */
  part(handle: Handle, piece: number, begin: number, length: number): Extents | Outcome {
    const store = this.#stores.get(handle)
    if (store === undefined) return CLOSED
    const held = store.memory.get(piece)
    if (held?.covers(begin, length)) return held
    const refusal = this.#refusal(store, 'read')
    if (refusal !== undefined) return refusal
    const missing = 'A part of the piece is neither in memory nor on disk.'
    const content = store.volume.withHoles(pieceOf(store, piece), piece, begin, length)
    return content ?? failure('storage/missing', missing)
  }

  /** Why the disk does not do what is asked with the content, if it does not. */
  #refusal({ spec }: Store, of: 'read' | 'write'): Outcome | undefined {
    if (of === 'write' && spec.readOnly)
      return failure('storage/read-only', `The files in ${spec.out} are only to be read.`)
    if (this.#disk.faults.gone) return failure('storage/missing', `The folder ${spec.out} is gone.`)
    const trouble = this.#disk.trouble(of)
    return trouble && failure(`storage/${trouble}`, SENTENCES[trouble])
  }

  /** The same of what the program keeps for itself, which lies elsewhere. */
  #journalRefusal(): Outcome | undefined {
    const trouble = this.#disk.trouble('write')
    return trouble && failure(`state/${trouble}`, SENTENCES[trouble])
  }

  #ask(ticket: Ticket, handle: Handle, at: Micros, act: (store: Store) => Outcome): void {
    this.#answers.give(at, ticket, () => {
      const store = this.#stores.get(handle)
      return store === undefined ? CLOSED : act(store)
    })
  }
}

const SENTENCES: Readonly<Record<DiskTrouble, string>> = {
  io: 'The disk reports an error.',
  'read-only': 'Nothing can be written here.',
}

/** Nothing but the disk's own faults changes a file behind a machine's back, and those tell nobody. */
function marksOf({ lengths }: Volume, gone: boolean): number[] {
  return lengths.map((length) => (gone ? 0 : length + 1))
}

function pathsOf({ out, files }: StoreSpec): string[] {
  return files.map(({ path }) => [out, ...path].join('/'))
}

const CLOSED: Outcome = failure('storage/closed', 'The store is not open.')

const DONE: Outcome = { ok: true, value: undefined }

function pieceOf({ volume, memory }: Store, piece: number): Extents {
  const held = memory.get(piece)
  const length = volume.geometry.lengthOf(piece)
  if (held?.covers(0, length)) return held
  const stored = volume.content(piece)
  if (held === undefined) return stored
  const both = new Extents()
  for (const { begin, bytes } of stored.within(0, length)) both.put(begin, bytes)
  for (const { begin, bytes } of held.within(0, length)) both.put(begin, bytes)
  return both
}
