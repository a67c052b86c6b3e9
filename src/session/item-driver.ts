import type { Item } from '../codec/item.ts'
import type { Micros } from '../core/time.ts'
import type { LookupResult } from '../dht/lookup/lookup-request.ts'
import type { ItemCommand, LookupCommand } from './commands.ts'
import type { SessionEvent } from './events.ts'
import { FollowedItems } from './followed-items.ts'
import { type Asked, lookUpOnAll } from './joint-lookup.ts'
import { KeptItems } from './kept-items.ts'
import type { Ports } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { SavedFiles } from './saved-files.ts'
import type { Seat } from './seat.ts'
import type { StateWriter } from './state-writer.ts'

export interface ItemDriverInit extends Pick<SavedFiles, 'saved' | 'owned'> {
  readonly ports: Ports
  readonly rounds: Rounds
  emit(event: SessionEvent): void
}

/** Drives the items that a session keeps in the DHT, remembered by a state file, and those that it follows: by its nodes. */
export class ItemDriver {
  static readonly FILE = 'items.state'
  readonly #init: ItemDriverInit
  readonly #nodes: readonly Asked[]
  readonly #kept: KeptItems
  readonly #followed: FollowedItems
  readonly #seats: readonly Seat[]

  /** `nodes`: all of the session, there may be more later. */
  constructor(init: ItemDriverInit, nodes: readonly Asked[], writer: StateWriter) {
    const { ports, rounds, saved, owned } = init
    this.#init = init
    this.#nodes = nodes
    this.#kept = new KeptItems(rounds.now, {
      dice: ports.random.dice,
      sha1: ports.crypto.sha1,
      saved: owned ? saved.get(ItemDriver.FILE) : undefined,
      lookup: (now, command, done) => this.#lookup(now, command, done),
      save: (now, bytes, done) => writer.write(now, ItemDriver.FILE, bytes, done),
    })
    this.#followed = new FollowedItems({
      dice: ports.random.dice,
      lookup: (now, command, done) => this.#lookup(now, command, done),
      found: (follow, target, item) => init.emit({ kind: 'followed', follow, target, item }),
    })
    this.#seats = [rounds.seat(this.#kept), rounds.seat(this.#followed)]
  }

  get items(): readonly Item[] {
    return this.#kept.items
  }

  start(): void {
    this.#touch()
  }

  command(now: Micros, command: ItemCommand): void {
    switch (command.kind) {
      case 'keep-item':
        this.#keep(now, command.keep, command.item)
        break
      case 'drop-item':
        this.#kept.drop(now, command.target)
        break
      case 'follow-item':
        this.#followed.follow(now, command.follow, command.target, command.salt)
        break
      case 'unfollow-item':
        this.#followed.unfollow(command.follow)
        break
    }
    this.#touch()
  }

  save(now: Micros): void {
    this.#kept.save(now)
  }

  stop(): void {
    for (const seat of this.#seats) seat.forget()
  }

  #touch(): void {
    for (const seat of this.#seats) seat.touch()
  }

  #keep(now: Micros, keep: number, item: Item): void {
    const { emit } = this.#init
    if (this.#kept.keep(now, item, () => emit({ kind: 'kept', keep }))) return
    this.#tooMany()
    emit({ kind: 'kept', keep })
  }

  #tooMany(): void {
    const message = 'As many items as there may be are kept in the DHT already; this one is not.'
    this.#init.emit({ kind: 'warning', torrent: undefined, code: 'item/too-many', message })
  }

  #lookup(
    now: Micros,
    command: LookupCommand,
    done: (now: Micros, results: readonly LookupResult[]) => void,
  ): void {
    const over = (results: readonly LookupResult[]): void => {
      done(this.#init.rounds.now, results)
      this.#touch()
    }
    lookUpOnAll(this.#nodes, now, command, () => {}, over)
  }
}
