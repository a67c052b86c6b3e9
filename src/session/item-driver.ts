import type { Item } from '../codec/item.ts'
import type { Micros } from '../core/time.ts'
import type { KeepCommand } from './commands.ts'
import type { SessionEvent } from './events.ts'
import { type Asked, lookUpOnAll } from './joint-lookup.ts'
import { KeptItems } from './kept-items.ts'
import type { Ports } from './ports.ts'
import type { Rounds } from './rounds.ts'
import type { SavedFiles } from './saved-files.ts'
import type { Seat } from './seat.ts'
import type { Tickets } from './tickets.ts'

export interface ItemDriverInit extends SavedFiles {
  readonly ports: Ports
  readonly tickets: Tickets
  readonly rounds: Rounds
  emit(event: SessionEvent): void
}

/** Drives the items that a session keeps in the DHT: its nodes put them, a state file remembers them. */
export class ItemDriver {
  static readonly FILE = 'items.state'
  readonly #init: ItemDriverInit
  readonly #kept: KeptItems
  readonly #seat: Seat

  /** `nodes`: all of the session, there may be more later. */
  constructor(init: ItemDriverInit, nodes: readonly Asked[]) {
    const { ports, rounds, saved, owned } = init
    this.#init = init
    this.#kept = new KeptItems(rounds.now, {
      dice: ports.random.dice,
      sha1: ports.crypto.sha1,
      saved: owned ? saved.get(ItemDriver.FILE) : undefined,
      lookup: (now, command, done) => {
        const over = (results: Parameters<typeof done>[1]): void => {
          done(rounds.now, results)
          this.#seat.touch()
        }
        lookUpOnAll(nodes, now, command, () => {}, over)
      },
      save: (bytes) => this.#save(bytes),
    })
    this.#seat = rounds.seat(this.#kept)
  }

  get items(): readonly Item[] {
    return this.#kept.items
  }

  start(): void {
    this.#seat.touch()
  }

  /** Keeps an item in the DHT, or leaves it to itself. */
  command(now: Micros, command: KeepCommand): void {
    if (command.kind === 'drop-item') this.#kept.drop(command.target)
    else if (!this.#kept.keep(now, command.item)) {
      const message = 'As many items as there may be are kept in the DHT already; this one is not.'
      this.#init.emit({ kind: 'warning', torrent: undefined, code: 'item/too-many', message })
    }
    this.#seat.touch()
  }

  stop(): void {
    this.#seat.forget()
  }

  #save(bytes: Uint8Array): void {
    const { ports, tickets, owned } = this.#init
    if (owned)
      ports.state.replace(
        tickets.issue(() => {}),
        ItemDriver.FILE,
        bytes,
      )
  }
}
