import { concatBytes } from '../../src/core/bytes.ts'
import { BLOCK_LENGTH } from '../../src/core/geometry.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import type { Handle, HasherPort, Outcome, Ticket } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'
import { hashOf } from '../payload/piece-hash.ts'
import type { Disk } from './disk.ts'
import type { MemoryStorage } from './memory-storage.ts'

/** The hasher port of one machine: one worker, real SHA-1 and SHA-256. */
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
    if ('ok' in asked) this.#refuse(ticket, asked)
    // Hashed now: the memory may be given up before the answer.
    else this.#answer(ticket, asked.length, hashOf(asked.content, asked.length))
  }

  digests(ticket: Ticket, store: Handle, piece: number, begin: number, length: number): void {
    this.#blocks(nodeCrypto.sha1, ticket, store, piece, begin, length)
  }

  leaves(ticket: Ticket, store: Handle, piece: number, begin: number, length: number): void {
    this.#blocks(nodeCrypto.sha256, ticket, store, piece, begin, length)
  }

  #blocks(
    hash: (bytes: Uint8Array) => Uint8Array,
    ticket: Ticket,
    store: Handle,
    piece: number,
    begin: number,
    length: number,
  ): void {
    const content = this.#storage.part(store, piece, begin, length)
    if ('ok' in content) {
      this.#refuse(ticket, content)
      return
    }
    const digests: Uint8Array[] = []
    for (let at = 0; at < length; at += BLOCK_LENGTH)
      digests.push(hash(content.read(begin + at, Math.min(BLOCK_LENGTH, length - at))))
    this.#answer(ticket, length, concatBytes(digests))
  }

  #refuse(ticket: Ticket, outcome: Outcome): void {
    this.#answers.give(this.#answers.now, ticket, () => outcome)
  }

  /** `value`: of `length` bytes that were hashed. */
  #answer(ticket: Ticket, length: number, value: Uint8Array): void {
    const from = Math.max(this.#answers.now, this.#busyUntil)
    this.#busyUntil = from + Math.ceil((length / this.#disk.faults.hashRate) * SECOND)
    this.#answers.give(this.#busyUntil, ticket, () => ({ ok: true, value }))
  }
}
