import { type Address, limitKey } from '../../core/address.ts'
import { jittered, type Rng } from '../../core/rng.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { MILLISECOND, type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { Counters } from '../counters.ts'
import type { DhtOptions } from '../options.ts'

/**
 * `node`: a node that the user named. `router`: it is asked for nodes, last, and never becomes a contact (BEP 5 asks not to add it).
 * `hint`: a node that a remote named: one of an IP.
 */
export type EntryKind = 'node' | 'router' | 'hint'

export interface Entry {
  readonly address: Address
  readonly kind: EntryKind
  /** When it is asked (again); never, once it has answered. */
  at: Micros
  wait: Micros
  /** How often it has let us in, less how often it has not. */
  score: number
}

interface EntryPointsParts {
  readonly options: DhtOptions
  readonly dice: Rng
  readonly counters: Counters
}

/** While there is no way in at all an entry point is asked at least so often, so that a network that appears is found at once. */
const SEEKING_MOST: Micros = 6 * SECOND
/** The best are asked first, a few more after each such step. */
const STEP: Micros = 250 * MILLISECOND
const PER_STEP = 8
/** What a remote named is forgotten after so many queries in vain. */
const HINT_TRIES = 4
/** Routers give the others so much of a start. */
const ROUTER_DELAY: Micros = SECOND

/** Where a DHT may be entered: each has a back-off of its own and a score. */
export class EntryPoints {
  readonly #parts: EntryPointsParts
  readonly #entries = new SparseMap<string, Entry>()

  constructor(parts: EntryPointsParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#entries.size
  }

  /** When the next is to be asked. */
  get next(): Micros {
    let next = NEVER
    for (const { at } of this.#entries.values()) next = Math.min(next, at)
    return next
  }

  isRouter(address: Address): boolean {
    return this.#entries.get(address.text)?.kind === 'router'
  }

  /** Too many: the one goes that was named first, hints before nodes, routers never. `hasOthers`: there are saved contacts besides. */
  add(now: Micros, address: Address, kind: EntryKind, hasOthers: boolean): void {
    const { counters, options } = this.#parts
    const key = kind === 'hint' ? limitKey(address) : address.text
    if (this.#entries.has(key) || this.#entries.has(address.text)) return
    if (this.#entries.size >= options.maxEntries) {
      counters.drop('entries-full')
      const loser = this.#first('hint') ?? this.#first('node')
      if (loser === undefined) return
      this.#entries.delete(loser)
    }
    const at = kind === 'router' && (hasOthers || this.#hasOthers()) ? now + ROUTER_DELAY : now
    this.#entries.set(key, { address, kind, at, wait: options.entryRetry * SECOND, score: 0 })
  }

  /** All are to be asked again: who has let us in before first, routers last (`hasOthers`: there are saved contacts besides). */
  restart(now: Micros, hasOthers: boolean): void {
    const isLate = hasOthers || this.#hasOthers()
    const ranked = [...this.#entries.values()].sort((a, b) => b.score - a.score)
    ranked.forEach((entry, rank) => {
      const delay = entry.kind === 'router' && isLate ? ROUTER_DELAY : 0
      entry.at = now + Math.floor(rank / PER_STEP) * STEP + delay
      entry.wait = this.#parts.options.entryRetry * SECOND
    })
  }

  /** It has not answered. */
  failed(entry: Entry): void {
    entry.score -= 1
    if (entry.kind !== 'hint' || entry.score > -HINT_TRIES) return
    for (const [key, other] of this.#entries) if (other === entry) this.#entries.delete(key)
  }

  /** Those that led nowhere are asked again, each after its wait. */
  retry(now: Micros): void {
    for (const entry of this.#entries.values()) if (entry.at === NEVER) this.#plan(now, entry, SEEKING_MOST)
  }

  /** Those whose turn it is, the best first; each counts as asked. `isSeeking`: there is no way in yet. */
  due(now: Micros, isSeeking: boolean): Entry[] {
    const due = [...this.#entries.values()].filter(({ at }) => at <= now).sort((a, b) => b.score - a.score)
    const most = this.#parts.options.entryRetryMost * SECOND
    for (const entry of due) this.#plan(now, entry, isSeeking ? Math.min(most, SEEKING_MOST) : most)
    return due
  }

  #plan(now: Micros, entry: Entry, most: Micros): void {
    entry.at = now + jittered(this.#parts.dice, Math.min(entry.wait, most), 0.1)
    entry.wait = Math.min(2 * entry.wait, most)
  }

  #hasOthers(): boolean {
    for (const { kind } of this.#entries.values()) if (kind !== 'router') return true
    return false
  }

  #first(kind: EntryKind): string | undefined {
    for (const [key, entry] of this.#entries) if (entry.kind === kind) return key
    return undefined
  }
}
