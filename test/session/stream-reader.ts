/** Somebody who plays a range of the content in virtual time while it is fetched. */
import type { World } from '../../sim/hosts/world.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Command } from '../../src/session/commands.ts'
import type { SessionEvent } from '../../src/session/events.ts'
import { TORRENT } from './virtual-swarm.ts'

export interface StreamSetup {
  readonly world: World
  readonly read: number
  readonly begin: number
  readonly end: number
  /** Bytes a second that are played, from when the first `start` bytes are there. */
  readonly rate: number
  readonly start: number
  command(command: Command): void
}

export class StreamReader {
  readonly bytes: Uint8Array
  received = 0
  /** How often, and how long in all, nothing was there to be played. */
  stalls = 0
  stalled: Micros = 0
  readonly #setup: StreamSetup
  /** Until when what is there will last. */
  #lasts: Micros | undefined
  startedAt = 0

  constructor(setup: StreamSetup) {
    this.#setup = setup
    this.bytes = new Uint8Array(setup.end - setup.begin)
    const { read, begin, end } = setup
    setup.command({ kind: 'read', torrent: TORRENT, read, begin, end })
    this.#ask()
  }

  get done(): boolean {
    return this.received === this.bytes.length
  }

  heard(event: SessionEvent): void {
    if (event.kind !== 'read' || event.read !== this.#setup.read) return
    const { world, rate, start } = this.#setup
    this.bytes.set(event.bytes, this.received)
    this.received += event.bytes.length
    if (this.received < start) {
      this.#ask()
      return
    }
    if (this.#lasts === undefined) this.startedAt = world.now
    this.#lasts ??= world.now + Math.round((this.received / rate) * SECOND)
    if (world.now > this.#lasts) {
      this.stalls += 1
      this.stalled += world.now - this.#lasts
      this.#lasts = world.now
    }
    if (this.received > start) this.#lasts += Math.round((event.bytes.length / rate) * SECOND)
    if (this.done) return
    // It holds what it plays in a second, and lets the rest wait.
    const next = Math.max(world.now, this.#lasts - SECOND)
    world.at(next, () => this.#ask())
  }

  /** No more is wanted. */
  leave(): void {
    this.#setup.command({ kind: 'end-read', torrent: TORRENT, read: this.#setup.read })
  }

  #ask(): void {
    this.#setup.command({ kind: 'read-on', torrent: TORRENT, read: this.#setup.read })
  }
}
