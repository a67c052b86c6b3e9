import { type Micros, SECOND } from '../../src/core/time.ts'
import type { Handle, HasherPort, Ticket } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'
import { hashOf } from '../payload/piece-hash.ts'
import type { Disk } from './disk.ts'
import type { MemoryStorage } from './memory-storage.ts'

/** The hasher port of one machine: one worker, real SHA-1. */
export class SimHasher implements HasherPort {
  readonly #disk: Disk
  readonly #storage: MemoryStorage
  readonly #answers: Answers
  #busyUntil: Micros = 0

  constructor(disk: Disk, storage: MemoryStorage, answers: Answers) {
    this.#disk = disk
    this.#storage = storage
    this.#answers = answers
  }

  hash(ticket: Ticket, store: Handle, piece: number): void {
    const asked = this.#storage.piece(store, piece)
    if ('ok' in asked) {
      this.#answers.give(this.#answers.now, ticket, () => asked)
      return
    }
    const { content, length } = asked
    // Hashed now: the memory may be given up before the answer.
    const digest = hashOf(content, length)
    const from = Math.max(this.#answers.now, this.#busyUntil)
    this.#busyUntil = from + Math.ceil((length / this.#disk.faults.hashRate) * SECOND)
    this.#answers.give(this.#busyUntil, ticket, () => ({ ok: true, value: digest }))
  }
}
