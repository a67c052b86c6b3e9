import { type Item, isNewer } from '../codec/item.ts'
import type { Id } from '../core/id.ts'
import { jittered, type Rng } from '../core/rng.ts'
import { MINUTE, type Micros, NEVER, SECOND } from '../core/time.ts'
import type { LookupResult } from '../dht/lookup/lookup-request.ts'
import type { LookupCommand } from './commands.ts'
import type { Machine } from './seat.ts'

export interface FollowedItemsParts {
  readonly dice: Rng
  /** A walk on all nodes; `done` is called once, with what each came to. */
  lookup(
    now: Micros,
    command: LookupCommand,
    done: (now: Micros, results: readonly LookupResult[]) => void,
  ): void
  /** The first version that is found, and each that is newer. */
  found(number: number, target: Id, item: Item): void
}

interface Followed {
  readonly target: Id
  readonly salt: Uint8Array
  newest: Item | undefined
  /** `NEVER` while it is being looked for. */
  dueAt: Micros
  /** When it is helped to live on, if it needs help. */
  putAt: Micros
}

/** Between two looks; the second is for what has not been found yet, and may have been put a moment ago. */
const INTERVAL = 5 * MINUTE
const SOON = 30 * SECOND
const JITTER = 0.2
/** Nodes forget an item after two hours: who follows it puts it again, as its publisher does (BEP 44 and 46). */
const PUT_INTERVAL = 60 * MINUTE

/** Looks again and again for the newest version of items (BEP 46), and keeps alive what it has found. */
export class FollowedItems implements Machine {
  readonly #parts: FollowedItemsParts
  readonly #items = new Map<number, Followed>()

  constructor(parts: FollowedItemsParts) {
    this.#parts = parts
  }

  follow(now: Micros, number: number, target: Id, salt: Uint8Array): void {
    this.#items.set(number, { target, salt, newest: undefined, dueAt: now, putAt: now + PUT_INTERVAL })
  }

  unfollow(number: number): void {
    this.#items.delete(number)
  }

  tick(now: Micros): void {
    for (const [number, followed] of this.#items) if (followed.dueAt <= now) this.#look(now, number, followed)
  }

  nextDeadline(): Micros {
    let first: Micros = NEVER
    for (const { dueAt } of this.#items.values()) first = Math.min(first, dueAt)
    return first
  }

  #look(now: Micros, number: number, followed: Followed): void {
    const { target, salt, newest } = followed
    followed.dueAt = NEVER
    const isPut = newest !== undefined && now >= followed.putAt
    if (isPut) followed.putAt = now + PUT_INTERVAL
    const put = isPut ? { put: { item: newest, ifScarce: true } } : {}
    this.#parts.lookup(
      now,
      { kind: 'lookup', lookup: 0, target, want: 'item', salt, ...put },
      (at, results) => {
        if (this.#items.get(number) !== followed) return
        for (const { item } of results) {
          if (item === undefined || (followed.newest !== undefined && !isNewer(item, followed.newest)))
            continue
          followed.newest = item
          this.#parts.found(number, target, item)
        }
        const interval = followed.newest === undefined ? SOON : INTERVAL
        followed.dueAt = at + jittered(this.#parts.dice, interval, JITTER)
      },
    )
  }
}
