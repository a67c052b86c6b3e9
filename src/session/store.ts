import type { Id } from '../core/id.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { LocatedFile } from './events.ts'
import type { JournalRecord } from './journal.ts'
import { encodeRecords, encodeSnapshot, fileRecords } from './journal.ts'
import { JournalAppends } from './journal-appends.ts'
import type { OlderFile } from './older-files.ts'
import type { Failure, Handle, Ports, StoreMoved, StoreOpened, StoreSpec } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { Machine, Seat } from './seat.ts'
import type { Completion, Tickets } from './tickets.ts'

/**
 * A data barrier is due this long after the first write since the last one, however much that was: a sync competes with the
 * writes for the disk and holds one of the few threads that they run on, so a fast download is not to sync more often.
 */
const BARRIER_DELAY = 5 * SECOND

type Done<T> = (now: Micros, value: T | undefined, failure: Failure | undefined) => void

/**
 * One torrent's storage with its journal: what was written is recorded after the write returned, and becomes durable behind a
 * barrier (the two truths of a resume). Its questions are the storage port's, with tickets for callers that take callbacks.
 */
export class Store implements Machine {
  readonly #ports: Ports
  readonly #tickets: Tickets
  readonly #rounds: Rounds
  readonly #seat: Seat
  readonly #handle: Handle
  readonly #infoHash: Id
  /** Fails are told here: appends and barriers have no other caller. */
  readonly #failed: (now: Micros, failure: Failure) => void
  #readOnly = false
  /** Files that are too long may be cut at the end. */
  #cuts = false
  #firstWritten: Micros | undefined
  #recorded = 0
  #unsynced = false
  #barrierAt: Micros = NEVER
  #inBarrier = false
  /** A barrier failed: what the system could not write it has given up, and a later success says nothing of that. */
  #unsafe = false
  /** Pieces whose write has begun and not ended. */
  readonly #writing = new Set<number>()
  /** The files' marks that the journal knows. */
  #marks: readonly number[] = []
  /** We have changed files since; other marks are somebody else's doing, and left for the next start to find. */
  #touched = false
  #noting = false
  readonly #appends: JournalAppends
  #journalling = false
  /** Writes that wait until the journal's beginning is on the medium. */
  #founding: ((now: Micros) => void)[] | undefined
  #closed = false
  /** The files are being moved; what is to be done after that. */
  #moving = false
  #whenStill: (() => void) | undefined
  /** Who waits for the end, once that was asked for. */
  readonly #enders: ((now: Micros) => void)[] = []
  #over = false

  constructor(
    ports: Ports,
    tickets: Tickets,
    rounds: Rounds,
    handle: Handle,
    infoHash: Id,
    failed: (now: Micros, failure: Failure) => void,
  ) {
    this.#ports = ports
    this.#tickets = tickets
    this.#rounds = rounds
    this.#seat = rounds.seat(this)
    this.#handle = handle
    this.#infoHash = infoHash
    this.#failed = failed
    this.#appends = new JournalAppends((records, done) => {
      const ticket = this.#issue<undefined>((now, _value, failure) => {
        if (failure !== undefined) this.#failed(now, failure)
        done(now)
      })
      ports.storage.append(ticket, handle, encodeRecords(infoHash, records))
    })
  }

  /** Nothing is ever written to it. */
  get readOnly(): boolean {
    return this.#readOnly
  }

  open(spec: StoreSpec, done: Done<StoreOpened>): void {
    this.#readOnly = spec.readOnly
    this.#cuts = spec.overwrite || (spec.replaces ?? []).length > 0
    this.#ports.storage.open(this.#issue(done), this.#handle, spec)
  }

  prepare(done: Done<undefined>): void {
    this.#ports.storage.prepare(this.#issue(done), this.#handle)
  }

  /** See `StoragePort.select`. */
  select(skip: readonly boolean[], done: Done<undefined>): void {
    if (this.#closed) return
    const ticket = this.#issue<undefined>((now, value, failure) => {
      if (failure === undefined) this.#filesChanged()
      done(now, value, failure)
    })
    this.#ports.storage.select(ticket, this.#handle, skip)
  }

  /** See `StoragePort.move`; one at a time. */
  move(out: string, done: Done<StoreMoved>): void {
    this.#moving = true
    const ticket = this.#issue<StoreMoved>((now, value, failure) => {
      this.#moving = false
      if (value !== undefined) this.#filesChanged()
      done(now, value, failure)
      this.#whenStill?.()
    })
    this.#ports.storage.move(ticket, this.#handle, out)
  }

  hash(piece: number, done: Done<Uint8Array>): void {
    this.#ports.hasher.hash(this.#issue(done), this.#handle, piece)
  }

  digests(piece: number, begin: number, length: number, done: Done<Uint8Array>): void {
    this.#ports.hasher.digests(this.#issue(done), this.#handle, piece, begin, length)
  }

  leaves(piece: number, begin: number, length: number, done: Done<Uint8Array>): void {
    this.#ports.hasher.leaves(this.#issue(done), this.#handle, piece, begin, length)
  }

  write(piece: number, offset: number, view: Uint8Array): void {
    if (!this.#closed) this.#ports.storage.write(this.#handle, piece, offset, view)
  }

  flush(piece: number, begin: number, length: number, done: Done<undefined>): void {
    this.#ports.storage.flush(this.#issue(done), this.#handle, piece, begin, length)
  }

  release(piece: number, begin: number, length: number): void {
    if (!this.#closed) this.#ports.storage.release(this.#handle, piece, begin, length)
  }

  read(piece: number, begin: number, length: number, done: Done<Uint8Array>): void {
    this.#ports.storage.read(this.#issue(done), this.#handle, piece, begin, length)
  }

  /**
   * Starts the journal anew with the pieces that are known to be on disk; records are appended from here on. Where there was
   * none (`fresh`), nothing old could come back after a power cut, so the start need not wait for the disk; the first write does
   * (`recordWriting`), or what is left of it would later be taken for somebody else's.
   */
  beginJournal(pieces: readonly number[], fresh: boolean, done: Done<undefined>): void {
    this.#newMarks((files) => {
      if (!this.#closed) this.#writeJournal(encodeSnapshot(this.#infoHash, pieces, files), fresh, done)
    })
    this.#recorded = pieces.length
  }

  #writeJournal(journal: Uint8Array, fresh: boolean, done: Done<undefined>): void {
    const { storage } = this.#ports
    this.#journalling = true
    const ticket = this.#issue<undefined>((now, value, failure) => {
      if (failure !== undefined) this.#journalling = false
      done(now, value, failure)
    })
    if (!fresh) {
      storage.rewrite(ticket, this.#handle, journal)
      return
    }
    storage.append(ticket, this.#handle, journal)
    this.#founding = []
    this.#barrier((now) => {
      const waiting = this.#founding ?? []
      this.#founding = undefined
      for (const done of waiting) done(now)
    })
  }

  /** `piece` is about to be written: said before, so that it is looked at again after an unclean end. */
  recordWriting(piece: number, done: (now: Micros) => void): void {
    this.#writing.add(piece)
    this.#touched = true
    this.#appends.add({ kind: 'writing', piece }, (now) => {
      if (this.#founding === undefined) done(now)
      else this.#founding.push(done)
    })
  }

  /** The write of `piece` returned. */
  recordWritten(now: Micros, piece: number): void {
    this.#firstWritten ??= now
    this.#writing.delete(piece)
    if (!this.#journalling) return
    this.#recorded += 1
    this.#unsynced = true
    this.#appends.add({ kind: 'written', piece })
    if (this.#barrierAt === NEVER) this.#barrierAt = now + BARRIER_DELAY
    this.#seat.touch()
  }

  /** The files as we have left them; while we change them any mark will do. */
  written(files: readonly LocatedFile[]): readonly OlderFile[] {
    const isBusy = this.#touched || this.#noting
    const left = files.map(({ index, path }) => ({ path, mark: isBusy ? 0 : (this.#marks[index] ?? 0) }))
    return left.filter(({ mark }) => isBusy || mark !== 0)
  }

  /** When the first piece of this run was written. */
  get firstWritten(): Micros | undefined {
    return this.#firstWritten
  }

  recordDropped(piece: number): void {
    if (this.#journalling) this.#appends.add({ kind: 'dropped', piece })
  }

  /** Takes part in the session's rounds from here on. */
  join(): void {
    this.#seat.touch()
  }

  tick(now: Micros): void {
    if (this.#barrierAt > now) return
    this.#barrierAt = NEVER
    if (this.#inBarrier) {
      // The one under way began before the last write; look again when it is likely over.
      this.#barrierAt = now + SECOND
      return
    }
    this.#barrier((at) => {
      if (this.#unsynced && this.#barrierAt === NEVER) this.#barrierAt = at + BARRIER_DELAY
      // While files are written their marks say nothing.
      if (!this.#unsynced && this.#writing.size === 0) this.#noteMarks()
      this.#seat.touch()
    })
  }

  nextDeadline(): Micros {
    return this.#closed ? NEVER : this.#barrierAt
  }

  /** See `StoragePort.confirm`. */
  confirm(done: Done<readonly string[]>): void {
    const ticket = this.#issue<readonly string[]>((now, surplus, failure) => {
      if (this.#cuts) this.#filesChanged()
      done(now, surplus, failure)
    })
    this.#ports.storage.confirm(ticket, this.#handle)
  }

  /** Barrier, clean mark, close; a move that is under way is given up. Who asks again waits for the same end. */
  finish(done: (now: Micros) => void): void {
    if (this.#over) {
      done(this.#rounds.now)
      return
    }
    this.#enders.push(done)
    if (this.#enders.length > 1) return
    this.#barrierAt = NEVER
    if (!this.#moving) this.#end()
    else {
      this.#whenStill = () => this.#end()
      this.#ports.storage.stay(this.#handle)
    }
  }

  #end(): void {
    const close = (): void => {
      this.#closed = true
      this.#seat.forget()
      const ticket = this.#issue<undefined>((now) => {
        this.#over = true
        for (const ender of this.#enders) ender(now)
      })
      this.#ports.storage.close(ticket, this.#handle)
    }
    if (!this.#journalling) {
      close()
      return
    }
    this.#barrier((_now, failure) => {
      this.#journalling = false
      if (failure !== undefined || this.#unsafe) close()
      else this.#noteMarks(() => this.#appends.add({ kind: 'clean' }, close))
    })
  }

  /** They may have other lengths, or be others; where something is being written, the barrier after that notes it. */
  #filesChanged(): void {
    this.#touched = true
    if (this.#journalling && !this.#unsynced && this.#writing.size === 0) this.#noteMarks()
  }

  #noteMarks(done: () => void = () => {}): void {
    if (!this.#touched) {
      done()
      return
    }
    this.#touched = false
    this.#newMarks((files) => {
      for (const file of files) this.#appends.add(file)
      done()
    })
  }

  /** Records of the files that are not as the journal knows them; none where the disk does not tell. */
  #newMarks(done: (files: readonly JournalRecord[]) => void): void {
    this.#noting = true
    const ticket = this.#issue<readonly number[]>((_now, marks = this.#marks) => {
      this.#noting = false
      const files = fileRecords(marks, this.#marks)
      this.#marks = marks
      done(files)
    })
    this.#ports.storage.marks(ticket, this.#handle)
  }

  #barrier(then: (now: Micros, failure: Failure | undefined) => void): void {
    const covered = this.#recorded
    this.#unsynced = false
    this.#inBarrier = true
    const ticket = this.#issue<undefined>((now, _value, failure) => {
      this.#inBarrier = false
      if (failure !== undefined) {
        this.#unsafe = true
        this.#failed(now, failure)
      } else if (this.#journalling && !this.#unsafe) this.#appends.add({ kind: 'durable', count: covered })
      then(now, failure)
    })
    this.#ports.storage.barrier(ticket, this.#handle)
  }

  #issue<T>(done: Done<T>): number {
    return this.#tickets.issue(done as Completion)
  }
}
