import { join, resolve } from 'node:path'
import { toHex } from '../core/bytes.ts'
import type { StoreSpec } from '../session/ports.ts'

/** A run of bytes within one file. */
export interface Span {
  /** Index of the file. */
  readonly file: number
  /** Offset within the file. */
  readonly position: number
  readonly length: number
}

/** Where the bytes of a torrent lie among its files. */
export class FileSet {
  root: string
  /** Path components below `root`, per file: where its bytes are now. */
  readonly names: (readonly string[])[]
  readonly lengths: readonly number[]
  /** Padding (BEP 47): zeros that are on no disk. */
  readonly pads: readonly boolean[]
  /** Files that are not wanted. */
  readonly skipped: boolean[]
  /** Absolute: where their bytes are now, */
  readonly paths: string[]
  /** and where they belong. */
  located: readonly string[]
  /** Below `root`: the hidden folder for what wanted pieces have of files that are not wanted. */
  readonly parts: string
  /** Below a folder that it is moved to: where the copy of a file grows. */
  readonly draft: string
  readonly #own: readonly (readonly string[])[]
  /** Offset of each file in the content. */
  readonly #starts: number[] = []

  constructor(spec: Pick<StoreSpec, 'out' | 'files' | 'infoHash'>) {
    this.root = resolve(spec.out)
    this.parts = `.${toHex(spec.infoHash)}.parts`
    this.draft = `.${toHex(spec.infoHash)}.moving`
    this.#own = spec.files.map((file) => file.path)
    this.names = [...this.#own]
    this.skipped = spec.files.map((file) => file.skip === true)
    this.lengths = spec.files.map((file) => file.length)
    this.pads = spec.files.map((file) => file.pad)
    this.located = spec.files.map((file) => join(this.root, ...file.path))
    this.paths = [...this.located]
    let start = 0
    for (const length of this.lengths) {
      this.#starts.push(start)
      start += length
    }
  }

  /** From here on all of it lies below this folder (absolute). */
  relocate(root: string): void {
    this.root = root
    this.located = this.#own.map((names) => join(root, ...names))
    for (const [file, names] of this.names.entries()) this.paths[file] = join(root, ...names)
  }

  /** From here on its bytes are in the hidden folder, or where they belong. */
  place(file: number, isApart: boolean): void {
    this.names[file] = isApart ? this.#apart(file) : this.#own[file]!
    this.paths[file] = join(this.root, ...this.names[file])
  }

  /** Where there may be bytes of it, now or of an earlier choice: in its place, and kept apart. */
  places(file: number): readonly (readonly string[])[] {
    return [this.#own[file]!, this.#apart(file)]
  }

  isApart(file: number): boolean {
    return this.names[file] !== this.#own[file]
  }

  /** The files under `[offset, offset + length)` of the content, in order; empty files have no share. */
  spans(offset: number, length: number): Span[] {
    const spans: Span[] = []
    const end = offset + length
    for (let file = this.#fileAt(offset), at = offset; at < end && file < this.#starts.length; file++) {
      const position = at - this.#starts[file]!
      const share = Math.min(this.lengths[file]! - position, end - at)
      if (share <= 0) continue
      spans.push({ file, position, length: share })
      at += share
    }
    return spans
  }

  #apart(file: number): readonly string[] {
    return [this.parts, String(file)]
  }

  /** The last file that starts at or before `offset`. */
  #fileAt(offset: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
