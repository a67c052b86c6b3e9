import type { Info } from '../codec/metainfo.ts'
import { lastWrite } from './changed-files.ts'
import type { JournalContent } from './journal.ts'

/** A file that an older version of a torrent wrote. */
export interface OlderFile {
  /** Absolute. */
  readonly path: string
  /** As it left it (`StoragePort.marks`); 0: it was writing to it, so that any is its own. */
  readonly mark: number
}

/** What the older versions of a torrent have left in a folder: of each file the last word counts. */
export class OlderFiles {
  readonly #marks: ReadonlyMap<string, number>

  constructor(files: readonly OlderFile[] = []) {
    this.#marks = new Map(files.map(({ path, mark }) => [path, mark]))
  }

  get list(): readonly OlderFile[] {
    return [...this.#marks].map(([path, mark]) => ({ path, mark }))
  }

  get size(): number {
    return this.#marks.size
  }

  knows(path: string): boolean {
    return this.#marks.has(path)
  }

  /** Nobody has changed it since. */
  owns(path: string, mark: number): boolean {
    const left = this.#marks.get(path)
    return left !== undefined && (left === 0 || left === mark)
  }

  /** Some of them lay in this folder. */
  fill(folder: string): boolean {
    return [...this.#marks.keys()].some(
      (path) => path.startsWith(folder) && '/\\'.includes(path[folder.length]!),
    )
  }
}

/** What a journal says of the files of its torrent, which lie at `paths`. */
export function olderFiles(
  { marks, writes }: Pick<JournalContent, 'marks' | 'writes'>,
  paths: readonly string[],
  { files, pieceLength }: Pick<Info, 'files' | 'pieceLength'>,
): readonly OlderFile[] {
  return files.flatMap((file, index) => {
    const noted = marks.get(index)
    if (file.pad) return []
    const isWritten = lastWrite(writes, file, pieceLength) > (noted?.at ?? 0)
    if (!isWritten && (noted === undefined || noted.mark === 0)) return []
    return [{ path: paths[index]!, mark: isWritten ? 0 : noted!.mark }]
  })
}
