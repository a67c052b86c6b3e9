import type { Micros } from '../core/time.ts'
import type { Torrent } from '../swarm/torrent.ts'
import type { FileChoice } from './file-choice.ts'
import type { Failure } from './ports.ts'
import { SeedingLimits } from './seeding-limits.ts'
import type { Selection } from './selection.ts'
import type { Stages } from './stages.ts'
import type { Store } from './store.ts'
import { surplusSentence } from './surplus-sentence.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

interface CompletionOwner {
  isActive(): boolean
  /** The deadline changed. */
  changed(): void
  failed(now: Micros, failure: Failure): void
}

/** What follows when a torrent has all that is wanted: it is said once for each selection of files, and seeding begins. */
export class Completion {
  readonly limits: SeedingLimits
  readonly #init: TorrentDriverInit
  readonly #torrent: Torrent
  readonly #choice: FileChoice
  readonly #stages: Stages
  readonly #owner: CompletionOwner
  /** What it has been complete with. */
  #reached: Selection | undefined

  constructor(
    init: TorrentDriverInit,
    torrent: Torrent,
    choice: FileChoice,
    stages: Stages,
    owner: CompletionOwner,
  ) {
    this.limits = new SeedingLimits(init)
    this.#init = init
    this.#torrent = torrent
    this.#choice = choice
    this.#stages = stages
    this.#owner = owner
  }

  /** The selection of files may be another one. */
  review(store: Store): void {
    if (this.#torrent.download?.complete === true) this.reached(store)
    else this.limits.rest()
  }

  /** All pieces are verified and written: a download asks whether the files are still there before it says so. */
  reached(store: Store): void {
    const { selection } = this.#choice
    // What was read beside it is no news.
    if (this.#reached === selection) return
    this.#reached = selection
    if (this.#init.options.mode === 'seed') this.#done([])
    else {
      store.confirm((now, surplus = [], failure) => {
        if (failure !== undefined) this.#owner.failed(now, failure)
        else if (this.#owner.isActive() && this.#choice.selection === selection) this.#done(surplus)
      })
    }
  }

  #done(surplus: readonly string[]): void {
    const { emit, number: torrent, rounds } = this.#init
    this.#stages.reached(rounds.now, 'complete')
    this.limits.begin(rounds.now)
    this.#owner.changed()
    if (surplus.length > 0)
      emit({ kind: 'warning', torrent, code: 'storage/surplus', message: surplusSentence(surplus) })
    emit({ kind: 'done', torrent, wasted: this.#torrent.download?.wasted ?? 0 })
    emit({ kind: 'seeding', torrent })
  }
}
