import type { Failure } from './ports.ts'

/** Which files of the disk are whose, of the torrents of a session: two that write to one file would spoil it for each other. */
export class FilePlaces {
  /** Who has it, by path. */
  readonly #holders = new Map<string, number[]>()
  readonly #paths = new Map<number, readonly string[]>()

  /**
   * These are the files of `torrent` from now on, instead of those that it had. Refused where others have one of them and one of both
   * might write: `writes` tells of any torrent whether it might.
   */
  claim(
    torrent: number,
    paths: readonly string[],
    writes: (torrent: number) => boolean,
  ): Failure | undefined {
    const mayWrite = writes(torrent)
    for (const path of paths) {
      const others = this.#holders.get(path)?.filter((other) => other !== torrent) ?? []
      if (!others.some((other) => mayWrite || writes(other))) continue
      const message = `${path} is a file of another torrent too, which is open here: give another folder, or remove that torrent first.`
      return { code: 'storage/shared-file', message }
    }
    this.release(torrent)
    this.#paths.set(torrent, paths)
    for (const path of paths) this.#holders.set(path, [...(this.#holders.get(path) ?? []), torrent])
    return undefined
  }

  /** It is gone. */
  release(torrent: number): void {
    for (const path of this.#paths.get(torrent) ?? []) {
      const others = this.#holders.get(path)!.filter((other) => other !== torrent)
      if (others.length > 0) this.#holders.set(path, others)
      else this.#holders.delete(path)
    }
    this.#paths.delete(torrent)
  }

  /** Whether another torrent has one of its files, too. */
  shares(torrent: number): boolean {
    return (this.#paths.get(torrent) ?? []).some((path) => this.#holders.get(path)!.length > 1)
  }
}
