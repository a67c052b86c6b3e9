import type { Flow } from './findings.ts'

/** Adds up what passes between groups of hosts. */
export class TrafficByGroup {
  readonly #names: readonly string[]
  /** Group by host number; hosts of no group are a group of their own. */
  readonly #groups: number[] = []
  readonly #datagrams: Float64Array
  readonly #bytes: Float64Array

  constructor(groupsByHost: readonly (readonly [host: number, group: string])[]) {
    this.#names = ['others', ...new Set(groupsByHost.map(([, group]) => group))]
    for (const [host, group] of groupsByHost) this.#groups[host] = this.#names.indexOf(group, 1)
    this.#datagrams = new Float64Array(this.#names.length ** 2)
    this.#bytes = new Float64Array(this.#names.length ** 2)
  }

  datagram(from: number, to: number, bytes: number): void {
    const pair = this.#pair(from, to)
    this.#datagrams[pair]! += 1
    this.#bytes[pair]! += bytes
  }

  stream(from: number, to: number, bytes: number): void {
    this.#bytes[this.#pair(from, to)]! += bytes
  }

  /** Pairs between which anything passed. */
  get flows(): Flow[] {
    return this.#names.flatMap((from, i) => {
      return this.#names.flatMap((to, j) => {
        const pair = i * this.#names.length + j
        const bytes = this.#bytes[pair]!
        return bytes === 0 ? [] : [{ from, to, datagrams: this.#datagrams[pair]!, bytes }]
      })
    })
  }

  #pair(from: number, to: number): number {
    return (this.#groups[from] ?? 0) * this.#names.length + (this.#groups[to] ?? 0)
  }
}
