import type { Info } from '../codec/metainfo.ts'
import type { Bitfield } from '../core/bitfield.ts'
import type { ErrorCode, ErrorKind } from '../core/errors.ts'
import { Geometry } from '../core/geometry.ts'
import type { Micros } from '../core/time.ts'
import { NEVER, SECOND } from '../core/time.ts'
import type { PieceCheck } from '../swarm/piece-check.ts'
import type { AddOptions } from './commands.ts'
import { editedSentence, foreignSentence } from './foreign-sentence.ts'
import { decodeJournal, isNewerJournal, type JournalContent } from './journal.ts'
import { knownFiles } from './known-files.ts'
import { OlderFiles, olderFiles } from './older-files.ts'
import type { Failure, Handle, Ports, StoreOpened } from './ports.ts'
import type { CheckResult } from './resume-check.ts'
import { ResumeCheck } from './resume-check.ts'
import type { Rounds } from './rounds.ts'
import { Store } from './store.ts'
import type { Tickets } from './tickets.ts'
import type { CheckedFiles } from './torrent-driver-init.ts'

/** Of a trial: what is not known as anybody's is looked at, and nothing else. */
const NOTHING: JournalContent = {
  trusted: new Set(),
  doubtful: new Set(),
  whole: true,
  clean: true,
  marks: new Map(),
  writes: new Map(),
}

/** A folder that is gone is looked for again after this long. */
const MISSING_INTERVAL = 5 * SECOND

export interface StoreOpenerInit {
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly info: Info
  readonly check: PieceCheck
  /** Files that are not wanted, by index. */
  readonly skipped: readonly boolean[]
  readonly options: AddOptions
  readonly checked: CheckedFiles | undefined
  remember(checked: CheckedFiles): void
  /** A fresh handle for each attempt. */
  newHandle(): Handle
  /** The files are here, padding apart; why the torrent cannot have them, if it cannot. */
  claim(paths: readonly string[]): Failure | undefined
  /** The deadline changed. */
  changed(): void
  /** Where the files are or will be. */
  located(paths: readonly string[]): void
  ready(now: Micros, store: Store, have: Bitfield): void
  warn(code: ErrorCode, message: string): void
  /** By default it is the disk that fails. */
  failed(now: Micros, failure: Failure, kind?: ErrorKind): void
  journalFailed(now: Micros, failure: Failure): void
}

/** What an earlier run has left. */
interface Before {
  /** The journal knows pieces. */
  readonly recorded: boolean
  /** Some file has data. */
  readonly somewhere: boolean
  /** There is no journal at all. */
  readonly fresh: boolean
}

/**
 * From an info dictionary to a store that may be used: opens it, believes its journal as far as that deserves it, checks the
 * rest, and refuses to write over what it does not know.
 */
export class StoreOpener {
  readonly #init: StoreOpenerInit
  readonly #geometry: Geometry
  readonly #older: OlderFiles
  #out: string
  #store: Store | undefined
  #check: ResumeCheck | undefined
  #again: Micros = NEVER
  #waiting = false
  #stopped = false

  constructor(init: StoreOpenerInit) {
    this.#init = init
    this.#out = init.options.out
    this.#older = new OlderFiles(init.options.replaces)
    this.#geometry = new Geometry(init.info.length, init.info.pieceLength)
  }

  /** Where it is: not always where it was asked for, when a move was cut off at its end. */
  get out(): string {
    return this.#out
  }

  /** The out folder is gone; it is looked for again. */
  get waiting(): boolean {
    return this.#waiting
  }

  /** 0 to 1 while checking. */
  get progress(): number {
    return this.#check?.progress ?? 0
  }

  start(): void {
    const { ports, tickets, rounds, info, skipped, options } = this.#init
    const store = new Store(
      ports,
      tickets,
      rounds,
      this.#init.newHandle(),
      info.infoHash,
      this.#init.journalFailed,
    )
    this.#store = store
    const spec = {
      infoHash: info.infoHash,
      out: this.#out,
      pieceLength: info.pieceLength,
      length: info.length,
      files: info.files.map((file, index) => ({ ...file, skip: skipped[index]! })),
      readOnly: options.mode === 'seed',
      overwrite: options.overwrite,
      replaces: options.replaces,
      allocation: options.allocation,
      ephemeral: options.mode === 'seed',
    }
    store.open(spec, (now, opened, failure) => {
      if (this.#stopped) store.finish(() => {})
      else if (opened === undefined) this.#init.failed(now, failure!, faultOf(failure!))
      else this.#opened(now, store, opened)
    })
  }

  /** Gives up; a store that is open is closed. */
  stop(done: (now: Micros) => void): boolean {
    this.#stopped = true
    this.#check?.cancel()
    this.#again = NEVER
    if (this.#store === undefined) return false
    this.#store.finish(done)
    return true
  }

  tick(now: Micros): void {
    if (now < this.#again) return
    this.#again = NEVER
    this.start()
  }

  nextDeadline(): Micros {
    return this.#again
  }

  #opened(now: Micros, store: Store, opened: StoreOpened): void {
    const { info, options } = this.#init
    if (opened.movedTo !== undefined) {
      this.#out = opened.movedTo
      store.finish(() => {
        if (!this.#stopped) this.start()
      })
      return
    }
    if (isNewerJournal(opened.journal) && !options.recheck) {
      const message = `The resume data of ${info.name} is of a newer version of this program: use that one, or --recheck to check all and begin it anew.`
      this.#init.failed(now, { code: 'state/newer', message })
      return
    }
    const journal = decodeJournal(info.infoHash, opened.journal, this.#geometry.pieceCount)
    const recorded = journal !== undefined && journal.trusted.size + journal.doubtful.size > 0
    if (!opened.folder && (recorded || options.mode === 'seed')) {
      if (!this.#waiting) {
        this.#init.warn(
          'storage/missing',
          `The folder ${this.#out} is not there; waiting for it: make it again, or stop and give another --out.`,
        )
      }
      this.#waiting = true
      this.#store = undefined
      store.finish((at) => {
        if (!this.#stopped) this.#again = at + MISSING_INTERVAL
        this.#init.changed()
      })
      return
    }
    const isTrial = options.mode === 'trial'
    const known = knownFiles(journal, info)
    const edited = options.overwrite ? [] : this.#edited(opened, isTrial ? undefined : known, journal)
    if (edited.length > 0) {
      const message = editedSentence(info.name, this.#out, this.#namesOf(edited))
      this.#init.failed(now, { code: 'storage/foreign-files', message }, 'usage')
      return
    }
    const taken = isTrial
      ? undefined
      : this.#init.claim(opened.paths.filter((_, file) => !info.files[file]!.pad))
    if (taken !== undefined) {
      this.#init.failed(now, taken)
      return
    }
    this.#waiting = false
    this.#init.located(opened.paths)
    if (opened.journalAside !== undefined) {
      const message = `What stood in the journal's place is none, and was moved to ${opened.journalAside}; all is checked.`
      this.#init.warn('state/unusable', message)
    }
    const somewhere = opened.lengths.some((length, index) => length > 0 && !info.files[index]!.pad)
    this.#check = new ResumeCheck({
      store,
      info,
      geometry: this.#geometry,
      check: this.#init.check,
      opened,
      known: known.map((isKnown, file) => isKnown || this.#older.knows(opened.paths[file]!)),
      failed: this.#init.failed,
      done: (at, result) => {
        const before = { recorded, somewhere, fresh: opened.journal.length === 0 }
        this.#checked(at, store, opened, result, before)
      },
    })
    if (options.mode === 'seed') {
      this.#check.start(now, this.#lastTurn())
      return
    }
    if (isTrial) {
      this.#check.start(now, NOTHING)
      return
    }
    const believe = journal !== undefined && !options.recheck
    this.#check.start(now, believe && (recorded || !somewhere) ? journal : undefined)
  }

  /** As a journal would say it: the files that are the same as then are believed. */
  #lastTurn(): JournalContent | undefined {
    const { checked } = this.#init
    if (checked === undefined) return undefined
    const { have, marks } = checked
    const pieces = Array.from({ length: have.length }, (_, piece) => piece)
    return {
      trusted: new Set(pieces.filter((piece) => have.has(piece))),
      doubtful: new Set(),
      whole: false,
      clean: true,
      marks: new Map(marks.map((mark, file) => [file, { mark, at: 0 }])),
      writes: new Map(),
    }
  }

  #checked(now: Micros, store: Store, opened: StoreOpened, result: CheckResult, before: Before): void {
    const { recorded, somewhere, fresh } = before
    const { info, options } = this.#init
    if (options.mode === 'seed') {
      if (!result.have.full) this.#init.failed(now, this.#incomplete(result.have.count))
      else {
        this.#init.remember({ marks: opened.marks, have: result.have })
        this.#init.ready(now, store, result.have)
      }
      return
    }
    if (result.foreign.length > 0 && !options.overwrite) {
      const message = foreignSentence(info.name, this.#out, this.#namesOf(result.foreign))
      this.#init.failed(now, { code: 'storage/foreign-files', message }, 'usage')
      return
    }
    if (options.mode === 'trial') {
      this.#init.ready(now, store, result.have)
      return
    }
    if (recorded && (result.lost || !somewhere)) {
      this.#init.warn(
        'storage/lost',
        'Files of an earlier run are gone or changed; what is missing is fetched again.',
      )
    }
    store.prepare((at, _value, failure) => {
      if (this.#stopped) return
      if (failure !== undefined) {
        this.#init.failed(at, failure)
        return
      }
      const pieces: number[] = []
      for (let piece = 0; piece < result.have.length; piece++) if (result.have.has(piece)) pieces.push(piece)
      store.beginJournal(pieces, fresh, (later, _nothing, broken) => {
        if (this.#stopped) return
        if (broken !== undefined) this.#init.failed(later, broken)
        else this.#init.ready(later, store, result.have)
      })
    })
  }

  /**
   * Files that an older version wrote and somebody has changed since. Those that this one had begun itself (`known`) are fetched again; of a
   * trial they count unless they are as it left them.
   */
  #edited(
    { paths, lengths, marks }: StoreOpened,
    known: readonly boolean[] | undefined,
    journal: JournalContent | undefined,
  ): readonly number[] {
    const own = new OlderFiles(journal && olderFiles(journal, paths, this.#init.info))
    const isOurs = (path: string, file: number): boolean => known?.[file] ?? own.owns(path, marks[file]!)
    return [...paths.keys()].filter((file) => {
      const path = paths[file]!
      if (lengths[file]! <= 0 || this.#init.info.files[file]!.pad || !this.#older.knows(path)) return false
      return !this.#older.owns(path, marks[file]!) && !isOurs(path, file)
    })
  }

  #namesOf(files: readonly number[]): readonly string[] {
    return files.map((file) => this.#init.info.files[file]!.path.join('/'))
  }

  #incomplete(count: number): Failure {
    const { info } = this.#init
    const message = `Only ${count} of ${this.#geometry.pieceCount} pieces of ${info.name} are right in ${this.#out}; download the rest before seeding.`
    return { code: 'storage/incomplete', message }
  }
}

/** Whose fault it is that a store cannot be opened: nothing was touched yet, so what stands in the way was there before. */
function faultOf({ code }: Failure): ErrorKind {
  return code === 'storage/unsafe-path' ? 'usage' : 'storage'
}
