import { type Address, parseAddress } from '../core/address.ts'
import { SparseSet } from '../core/sparse-set.ts'
import { type Micros, NEVER, SECOND } from '../core/time.ts'
import type { EntryKind } from '../dht/entry/entry-points.ts'
import type { EntryPoint } from './options.ts'
import type { Ports } from './ports.ts'
import { resolveHost } from './resolve-host.ts'
import type { Tickets } from './tickets.ts'

interface NamedEntriesParts {
  readonly ports: Ports
  readonly tickets: Tickets
  /** Whether nobody has let us in yet. */
  isNeeded(): boolean
  add(now: Micros, address: Address, kind: EntryKind): void
}

/** They are asked for again after this long while nobody answers: a network may have appeared. */
const INTERVAL = 5 * SECOND

/** Entry points of the DHT that are names. One that is being looked up is not asked for again until there is an answer. */
export class NamedEntries {
  readonly #parts: NamedEntriesParts
  readonly #names: readonly EntryPoint[]
  readonly #asked = new SparseSet<string>()
  #at: Micros = NEVER

  constructor(parts: NamedEntriesParts, entries: readonly EntryPoint[]) {
    this.#parts = parts
    this.#names = entries.filter(({ host, port }) => parseAddress(host, port) === undefined)
  }

  /** When `tick` is to be called. */
  get next(): Micros {
    return this.#at
  }

  /** Looks them up, if that is of use. */
  tick(now: Micros): void {
    const isNeeded = this.#names.length > 0 && this.#parts.isNeeded()
    this.#at = isNeeded ? now + INTERVAL : NEVER
    if (!isNeeded) return
    for (const { host, port, router } of this.#names) {
      if (this.#asked.has(host)) continue
      this.#asked.add(host)
      resolveHost(now, this.#parts, host, port, (at, addresses) => {
        this.#asked.delete(host)
        for (const address of addresses) this.#parts.add(at, address, router ? 'router' : 'node')
      })
    }
  }

  stop(): void {
    this.#at = NEVER
  }
}
