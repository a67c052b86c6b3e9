import type { Info } from '../codec/metainfo.ts'
import { eraseFiles } from './erase-files.ts'
import type { FileChoice } from './file-choice.ts'
import type { StoreMoved } from './ports.ts'
import type { Store } from './store.ts'
import type { TorrentDriverInit } from './torrent-driver-init.ts'

type Place = Pick<StoreMoved, 'from' | 'to'>

/**
 * Moves a torrent's files to another folder: once the store is ready, beside all else. What is left in the old one is removed after that, here
 * or, when the end came in between, in the next run.
 */
export class Relocation {
  readonly #init: TorrentDriverInit
  readonly #choice: FileChoice
  #store: Store | undefined
  #info: Info | undefined
  /** The folder that is asked for. */
  #asked: string | undefined
  #isMoving = false

  constructor(init: TorrentDriverInit, choice: FileChoice) {
    this.#init = init
    this.#choice = choice
  }

  ask(out: string): void {
    this.#asked = out
    this.#go()
  }

  /** The store is ready, in the folder `out`. */
  begin(store: Store, info: Info, out: string): void {
    this.#store = store
    this.#info = info
    const { options } = this.#init
    if (out !== options.out) this.#moved({ from: options.out, to: out }, () => {})
    this.#go()
  }

  /** The torrent leaves its store: what is asked for is given up. */
  stop(): void {
    this.#store = undefined
    this.#asked = undefined
  }

  #go(): void {
    const [store, out] = [this.#store, this.#asked]
    if (store === undefined || out === undefined || this.#isMoving) return
    this.#asked = undefined
    const { emit, number: torrent, sharesFiles } = this.#init
    if (sharesFiles()) {
      const message = 'Its files are those of another torrent too: remove one of both first.'
      emit({ kind: 'move-ended', torrent, failure: { code: 'storage/shared-file', message } })
      return
    }
    this.#isMoving = true
    store.move(out, (_now, moved, failure) => {
      this.#isMoving = false
      const over = (): void => emit({ kind: 'move-ended', torrent, failure })
      if (moved !== undefined) {
        this.#choice.relocated(moved.paths)
        this.#init.claim(moved.paths.filter((_, file) => !this.#info!.files[file]!.pad))
        this.#moved(moved, over)
        // What was given up because the turn is over is asked again in the next.
      } else if (this.#store !== undefined) over()
      this.#go()
    })
  }

  #moved({ from, to }: Place, done: () => void): void {
    const { emit, number: torrent } = this.#init
    const { files, infoHash } = this.#info!
    emit({ kind: 'moved', torrent, out: to, files: this.#choice.files })
    const spec = { infoHash, out: from, files, owned: true }
    eraseFiles(this.#init, torrent, spec, 'Not all was removed from the old folder', (_now, failure) => {
      // A folder that is gone, or was never made, has nothing left of it.
      if (failure !== undefined && failure.code !== 'storage/missing')
        emit({ kind: 'warning', torrent, ...failure })
      done()
    })
  }
}
