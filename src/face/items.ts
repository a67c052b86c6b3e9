import type { EncodableValue } from '../codec/bencode.ts'
import { type Item, targetOf } from '../codec/item.ts'
import { parseInfoHash } from '../codec/magnet.ts'
import { usageError } from '../core/errors.ts'
import type { ItemCommand } from '../session/commands.ts'
import type { SessionEvent } from '../session/events.ts'
import type { CryptoPort } from '../session/ports.ts'
import { Feed } from './feed.ts'
import { type FoundItem, foundItem, type GetOptions, itemPlace } from './found-item.ts'
import type { Lookup } from './lookup.ts'
import { checkOptions } from './option-shapes.ts'
import { type PutOptions, type PutSummary, putItem } from './put-item.ts'
import type { WalkRequest } from './walks.ts'

export interface ItemsParts {
  readonly crypto: CryptoPort
  /** Throws when there is no DHT to ask. */
  check(): void
  walk(request: WalkRequest, signal: AbortSignal | undefined): Lookup<FoundItem>
  command(command: ItemCommand): void
  /** A number that nobody has. */
  number(): number
  kept(): readonly Item[]
}

/** The items of the DHT (BEP 44), as a node gets and puts them. */
export class Items {
  readonly #parts: ItemsParts
  readonly #followed = new Map<number, Feed<FoundItem>>()
  readonly #keeping = new Map<number, () => void>()

  constructor(parts: ItemsParts) {
    this.#parts = parts
  }

  /**
   * Looks for an item by its target (40 hex or base32), its public key (64 hex) or a link `magnet:?xs=urn:btpk:...` (BEP 46): gives the item, and
   * each newer version of it that is found after. Throws a usage error for what names none.
   */
  get(where: string, options: GetOptions = {}): Lookup<FoundItem> {
    this.#parts.check()
    checkOptions('get', options)
    const { salt, signal } = options
    const place = itemPlace(where, salt, this.#parts.crypto)
    signal?.throwIfAborted()
    return this.#parts.walk({ want: 'item', ...place }, signal)
  }

  /**
   * Puts an item, at most 999 bytes of bencoded value, which nodes keep for two hours. Rejects with `item/cas` or `item/outdated` when another
   * version stands against it, with `item/not-stored` when no node took it. The key itself is kept nowhere.
   */
  async put(value: EncodableValue, options: PutOptions = {}): Promise<PutSummary> {
    this.#parts.check()
    checkOptions('put', options)
    const { signal, keep = false } = options
    signal?.throwIfAborted()
    const { crypto, walk } = this.#parts
    const { item, summary } = await putItem(value, options, (request) => walk(request, signal), crypto)
    if (keep) await this.#keep(item)
    return summary
  }

  /** Resolves once it is remembered, or the node is being closed. */
  #keep(item: Item): Promise<void> {
    const keep = this.#parts.number()
    return new Promise((resolve) => {
      this.#keeping.set(keep, resolve)
      this.#parts.command({ kind: 'keep-item', keep, item })
    })
  }

  /** The session has saved that it keeps this one. */
  remembered(keep: number): void {
    this.#keeping.get(keep)?.()
    this.#keeping.delete(keep)
  }

  /**
   * Follows an item that changes (BEP 46), named as in `get`: gives what there is, and then each newer version as it is found, within some five
   * minutes. Leaving the loop or aborting the signal ends it. Keeps the item alive while it is followed.
   */
  follow(where: string, options: GetOptions = {}): AsyncIterable<FoundItem> {
    this.#parts.check()
    checkOptions('follow', options)
    const { salt, signal } = options
    const place = itemPlace(where, salt, this.#parts.crypto)
    signal?.throwIfAborted()
    const follow = this.#parts.number()
    const feed = new Feed<FoundItem>(signal, () => {
      this.#followed.delete(follow)
      this.#parts.command({ kind: 'unfollow-item', follow })
    })
    this.#followed.set(follow, feed)
    this.#parts.command({ kind: 'follow-item', follow, ...place })
    return feed
  }

  /** The session has found a newer version. */
  found({ follow, target, item }: Extract<SessionEvent, { kind: 'followed' }>): void {
    this.#followed.get(follow)?.push(foundItem(target, item))
  }

  /** The node is being closed: nothing more is found. */
  end(): void {
    for (const feed of [...this.#followed.values()]) feed.end()
    for (const keep of [...this.#keeping.keys()]) this.remembered(keep)
  }

  /** Those that this node puts again each hour, in this run and, with a state folder, in the next ones. */
  get kept(): readonly FoundItem[] {
    return this.#parts.kept().map((item) => foundItem(targetOf(this.#parts.crypto.sha1, item), item))
  }

  /** Leaves a kept item to itself; `target` in hex. Nodes forget it within two hours. */
  drop(target: string): void {
    this.#parts.check()
    const id = parseInfoHash(target)
    if (id === undefined)
      throw usageError('item/target', 'A kept item is named by its target, 40 hex digits.')
    this.#parts.command({ kind: 'drop-item', target: id })
  }
}
