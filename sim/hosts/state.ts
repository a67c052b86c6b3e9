import type { StatePort, Ticket } from '../../src/session/ports.ts'
import { type Answers, failure } from '../engine/answers.ts'
import type { Disk } from './disk.ts'

/** The state port of one machine; its files live on the host's disk. */
export class SimState implements StatePort {
  readonly #disk: Disk
  readonly #answers: Answers

  constructor(disk: Disk, answers: Answers) {
    this.#disk = disk
    this.#answers = answers
  }

  /** A host runs one process at a time, so the state is its own, unless the disk has no place for it. */
  claim(ticket: Ticket): void {
    this.#answers.succeed(ticket, this.#disk.keepsState)
  }

  read(ticket: Ticket, name: string): void {
    const at = this.#disk.busy(this.#answers.now, 0)
    this.#answers.give(at, ticket, () => {
      if (this.#disk.trouble('read') !== undefined) return failure('state/io', `${name} cannot be read.`)
      return { ok: true, value: this.#disk.state.get(name)?.slice() }
    })
  }

  replace(ticket: Ticket, name: string, bytes: Uint8Array): void {
    const kept = bytes.slice()
    this.#answers.give(this.#disk.sync(this.#answers.now), ticket, () => {
      const trouble = this.#disk.trouble('write')
      if (trouble !== undefined) return failure(`state/${trouble}`, `${name} cannot be written.`)
      this.#disk.state.set(name, kept)
      return { ok: true, value: undefined }
    })
  }
}
