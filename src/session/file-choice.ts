import type { Info } from '../codec/metainfo.ts'
import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { LocatedFile } from './events.ts'
import type { FileChange } from './file-change.ts'
import type { Failure } from './ports.ts'
import { absentFile, emptySelection, type Selection, selectionOf } from './selection.ts'
import type { Store } from './store.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

type Init = Pick<TorrentDriverInit, 'number' | 'source' | 'options' | 'emit'>

/**
 * Which files of a torrent are wanted. It may change at any time: what is asked for before the metadata is there is kept until then,
 * and while the files are being looked at until they are open. Seeds have everything, so nothing is changed of them.
 */
export class FileChoice {
  readonly #init: Init
  readonly #torrent: Torrent
  readonly #failed: (now: Micros, failure: Failure) => void
  readonly #early: FileChange[] = []
  #info: Info | undefined
  #selection: Selection | undefined
  #paths: readonly string[] | undefined
  #store: Store | undefined
  /** What the store was opened with. */
  #opened: Selection | undefined

  /** `failed` is called when files cannot be put where they belong. */
  constructor(init: Init, torrent: Torrent, failed: (now: Micros, failure: Failure) => void) {
    this.#init = init
    this.#torrent = torrent
    this.#failed = failed
    const { mode, select = [] } = init.options
    const { select: asked = [] } = init.source
    if (mode !== 'download') return
    if (select.length > 0) this.#early.push({ files: select, alone: true })
    else if (asked.length > 0) this.#early.push({ files: asked, alone: true, lenient: true })
  }

  /** `undefined` before the metadata. */
  get selection(): Selection | undefined {
    return this.#selection
  }

  /** By index of the file, as the store takes it. */
  get skipped(): readonly boolean[] {
    return this.#selection?.priorities.map((priority) => priority === 'skip') ?? []
  }

  /** Where they are, once that is known; pad files are left out. */
  get files(): readonly LocatedFile[] {
    const files = this.#info!.files.map(({ length }, index) => {
      const priority = this.#selection!.priorities[index]!
      return { index, path: this.#paths![index] ?? '', length, selected: priority !== 'skip', priority }
    })
    return files.filter(({ index }) => !this.#info!.files[index]!.pad)
  }

  /** The metadata is there; why the torrent cannot be, if it cannot. */
  known(info: Info): Failure | undefined {
    this.#info = info
    const { mode } = this.#init.options
    const absent = this.#early.map((change) => absentFile(info, change)).find((found) => found !== undefined)
    if (absent === undefined) for (const change of this.#early) this.#apply(info, change)
    this.#selection ??= selectionOf(info, [])
    this.#opened = this.#selection
    return mode === 'metadata' ? undefined : (absent ?? emptySelection(info, this.#selection))
  }

  /** The store has told where the files are, or will be. */
  located(paths: readonly string[]): void {
    this.#paths = paths
    this.#init.emit({ kind: 'files', torrent: this.#init.number, files: this.files })
  }

  /** They are elsewhere now. */
  relocated(paths: readonly string[]): void {
    this.#paths = paths
  }

  /** The store is ready, and the torrent has begun with `selection`. */
  begin(store: Store): void {
    this.#store = store
    if (this.#selection !== this.#opened) this.#place(store)
  }

  change(now: Micros, change: FileChange): void {
    const { options, emit, number } = this.#init
    if (options.mode === 'seed') return
    if (this.#info === undefined) {
      this.#early.push(change)
      return
    }
    if (!this.#apply(this.#info, change)) return
    const selection = this.#selection!
    if (this.#paths !== undefined) emit({ kind: 'selected', torrent: number, files: this.files })
    if (this.#store === undefined) return
    this.#place(this.#store)
    this.#torrent.wants?.select(now, selection.levels)
  }

  /** False when it would leave nothing, or names what is not there: then all is as it was, unless there was nothing before. */
  #apply(info: Info, change: FileChange): boolean {
    const selection = selectionOf(info, [change], this.#selection)
    const failure = absentFile(info, change) ?? emptySelection(info, selection)
    if (failure !== undefined && this.#selection !== undefined) {
      this.#init.emit({ kind: 'warning', torrent: this.#init.number, ...failure })
      return false
    }
    this.#selection = selection
    return true
  }

  #place(store: Store): void {
    store.select(this.skipped, (now, _value, failure) => {
      if (failure !== undefined) this.#failed(now, failure)
    })
  }
}
