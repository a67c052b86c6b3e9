/** Which files hold something that is none of a torrent's, by what the pieces turn out to be that lie in them. */
export class ForeignFiles {
  readonly #ours = new Set<number>()
  readonly #other = new Set<number>()

  /** A piece that has a share of these files is right, or is neither right nor blank. */
  found(files: readonly number[], what: 'ours' | 'other'): void {
    for (const file of files) (what === 'ours' ? this.#ours : this.#other).add(file)
  }

  /** Those of which something is wrong and nothing right, in order. */
  get list(): readonly number[] {
    return [...this.#other].filter((file) => !this.#ours.has(file)).sort((a, b) => a - b)
  }
}
