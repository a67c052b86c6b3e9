import type { FileRange } from '../codec/file-ranges.ts'
import type { TorrentCommand } from './commands.ts'
import type { LocatedFile, SessionEvent } from './events.ts'
import type { FileChange, Priority } from './file-change.ts'

/** Commands that name peers, kept at most. */
const MOST_INTRODUCTIONS = 64

/** In this order no change on the way leaves nothing selected. */
const PRIORITIES: readonly Priority[] = ['high', 'normal', 'low', 'skip']

type Introduction = Extract<TorrentCommand, { readonly kind: 'add-peer' | 'merge' }>
type Relocate = Extract<TorrentCommand, { readonly kind: 'relocate' }>
type Read = Extract<TorrentCommand, { readonly kind: 'read' }>

/** What the user has asked of a torrent since it was added, to be asked of its driver again in its next turn. */
export class Wishes {
  readonly #isFixed: boolean
  readonly #introductions: Introduction[] = []
  /** The files that are wanted; once a driver has told which they are, no longer than their priorities. */
  #changes: readonly FileChange[] = []
  #altered = false
  /** The driver of this turn has told its choice, and tells what becomes of it. */
  #isTold = false
  /** Where its files are to go. */
  #relocate: Relocate | undefined
  /** Ranges that are being read, each from where it goes on. */
  readonly #reads = new Map<number, Read>()
  /** Readers that have asked for more. */
  readonly #asking = new Set<number>()

  /** `isFixed`: all of its files are wanted, come what may. */
  constructor(isFixed: boolean) {
    this.#isFixed = isFixed
  }

  /** Other files may be wanted than the last driver knew of. */
  get altered(): boolean {
    return this.#altered
  }

  keep(command: TorrentCommand): void {
    switch (command.kind) {
      case 'merge':
        if (command.select.length > 0) this.#choose({ files: command.select, lenient: true })
        this.#introduce({ ...command, select: [] })
        break
      case 'add-peer':
        this.#introduce(command)
        break
      case 'select':
        this.#choose(command.change)
        break
      case 'relocate':
        this.#relocate = command
        break
      case 'read':
        this.#reads.set(command.read, command)
        break
      case 'read-on':
        this.#asking.add(command.read)
        break
      case 'end-read':
        this.#forget(command.read)
    }
  }

  /** What its driver reports. */
  told(event: SessionEvent): void {
    if (event.kind === 'files' || event.kind === 'selected') {
      this.#changes = changesTo(event.files)
      this.#altered = false
      this.#isTold = true
    } else if (event.kind === 'move-ended') this.#relocate = undefined
    else if (event.kind === 'read-failed') this.#forget(event.read)
    else if (event.kind === 'read') {
      const read = this.#reads.get(event.read)
      if (read !== undefined) this.#reads.set(event.read, { ...read, begin: read.begin + event.bytes.length })
      this.#asking.delete(event.read)
    }
  }

  /** The turn is over. */
  end(): void {
    this.#isTold = false
  }

  /** For a new driver, before it is started. */
  commands(torrent: number): readonly TorrentCommand[] {
    return [
      ...this.#changes.map((change): TorrentCommand => ({ kind: 'select', torrent, change })),
      ...this.#introductions,
      ...(this.#relocate === undefined ? [] : [this.#relocate]),
      ...this.#reads.values(),
      ...[...this.#asking].map((read): TorrentCommand => ({ kind: 'read-on', torrent, read })),
    ]
  }

  #introduce(introduction: Introduction): void {
    if (this.#introductions.length < MOST_INTRODUCTIONS) this.#introductions.push(introduction)
  }

  #choose(change: FileChange): void {
    if (this.#isTold || this.#isFixed) return
    this.#changes = [...this.#changes, change]
    this.#altered = true
  }

  #forget(read: number): void {
    this.#reads.delete(read)
    this.#asking.delete(read)
  }
}

/** What makes any choice of files this one. */
function changesTo(files: readonly LocatedFile[]): FileChange[] {
  const changes: FileChange[] = []
  for (const priority of PRIORITIES) {
    const ranges: FileRange[] = []
    for (const file of files)
      if (file.priority === priority) ranges.push({ first: file.index, last: file.index })
    if (ranges.length > 0) changes.push({ files: ranges, priority })
  }
  return changes
}
