import { type Item, isNewer, targetOf } from '../codec/item.ts'
import { EMPTY, toHex } from '../core/bytes.ts'
import type { Id } from '../core/id.ts'
import { jittered, type Rng } from '../core/rng.ts'
import { MINUTE, type Micros, NEVER } from '../core/time.ts'
import type { LookupResult } from '../dht/lookup/lookup-request.ts'
import type { LookupCommand } from './commands.ts'
import { decodeSavedItems, encodeSavedItems } from './saved-items.ts'
import type { Machine } from './seat.ts'

export interface KeptItemsParts {
  readonly dice: Rng
  readonly sha1: (bytes: Uint8Array) => Uint8Array
  /** What an earlier run saved. */
  readonly saved: Uint8Array | undefined
  /** A walk on all nodes; `done` is called once, with what each came to. */
  lookup(
    now: Micros,
    command: LookupCommand,
    done: (now: Micros, results: readonly LookupResult[]) => void,
  ): void
  save(now: Micros, bytes: Uint8Array, done: (now: Micros) => void): void
}

interface Kept {
  readonly target: Id
  item: Item
  /** `NEVER` while it is being put. */
  dueAt: Micros
  /** Until it is tried again, after nobody took it. */
  wait: Micros
}

/** Nodes forget an item after two hours (BEP 44, "Expiration"). */
const INTERVAL = 60 * MINUTE
const JITTER = 0.1
const RETRY = MINUTE
/** At the start they are put one after the other. */
const SPREAD: Micros = MINUTE / 60
/** Items kept; further ones are refused. */
const MOST_ITEMS = 1000

/**
 * Keeps items in the DHT: puts each again every hour, unless enough nodes hold it without that (BEP 44). When another holder of its key
 * has put a newer version, that is what is kept from there on.
 */
export class KeptItems implements Machine {
  readonly #parts: KeptItemsParts
  readonly #items = new Map<string, Kept>()

  constructor(now: Micros, parts: KeptItemsParts) {
    this.#parts = parts
    const saved = parts.saved === undefined ? [] : (decodeSavedItems(parts.saved) ?? [])
    for (const item of saved.slice(0, MOST_ITEMS)) this.#add(item, now + (this.#items.size + 1) * SPREAD)
  }

  get items(): readonly Item[] {
    return [...this.#items.values()].map(({ item }) => item)
  }

  /** Keeps `item`, which has just been put; `saved` is called once it is remembered. False: there are too many. */
  keep(now: Micros, item: Item, saved: (now: Micros) => void = () => {}): boolean {
    const known = this.#items.get(toHex(targetOf(this.#parts.sha1, item)))
    if (known === undefined && this.#items.size >= MOST_ITEMS) return false
    if (known === undefined) this.#add(item, now + this.#interval())
    else if (isNewer(item, known.item)) known.item = item
    this.save(now, saved)
    return true
  }

  /** Leaves an item to itself. */
  drop(now: Micros, target: Id): void {
    if (this.#items.delete(toHex(target))) this.save(now)
  }

  save(now: Micros, done: (now: Micros) => void = () => {}): void {
    this.#parts.save(now, encodeSavedItems(this.items), done)
  }

  tick(now: Micros): void {
    for (const kept of this.#items.values()) if (kept.dueAt <= now) this.#put(now, kept)
  }

  nextDeadline(): Micros {
    let first: Micros = NEVER
    for (const { dueAt } of this.#items.values()) first = Math.min(first, dueAt)
    return first
  }

  #add(item: Item, dueAt: Micros): void {
    const target = targetOf(this.#parts.sha1, item)
    this.#items.set(toHex(target), { target, item, dueAt, wait: RETRY })
  }

  #put(now: Micros, kept: Kept): void {
    const { item, target } = kept
    kept.dueAt = NEVER
    const put = { item, ifScarce: true }
    const salt = item.signed?.salt ?? EMPTY
    this.#parts.lookup(now, { kind: 'lookup', lookup: 0, target, want: 'item', salt, put }, (at, results) => {
      this.#over(at, kept, results)
    })
  }

  #over(now: Micros, kept: Kept, results: readonly LookupResult[]): void {
    for (const { item } of results) {
      if (item === undefined || !isNewer(item, kept.item)) continue
      kept.item = item
      this.save(now)
    }
    if (results.some(({ announced }) => announced > 0)) {
      kept.dueAt = now + this.#interval()
      kept.wait = RETRY
    } else {
      kept.dueAt = now + kept.wait
      kept.wait = Math.min(2 * kept.wait, INTERVAL)
    }
  }

  #interval(): Micros {
    return jittered(this.#parts.dice, INTERVAL, JITTER)
  }
}
