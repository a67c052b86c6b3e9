import { parseAddress } from '../../src/core/address.ts'
import { MILLISECOND } from '../../src/core/time.ts'
import type { NamesPort, Ticket } from '../../src/session/ports.ts'
import type { Answers } from '../engine/answers.ts'

const DELAY = 20 * MILLISECOND

/** The names port of one machine, which has the addresses `own`, from the world's table of literal addresses by name. */
export class SimNames implements NamesPort {
  readonly #table: ReadonlyMap<string, readonly string[]>
  readonly #answers: Answers

  readonly #own: readonly string[]

  constructor(table: ReadonlyMap<string, readonly string[]>, own: readonly string[], answers: Answers) {
    this.#table = table
    this.#own = own
    this.#answers = answers
  }

  resolve(ticket: Ticket, host: string, port: number): void {
    this.#answers.give(this.#answers.now + DELAY, ticket, () => {
      const literals = this.#table.get(host) ?? []
      return { ok: true, value: literals.map((literal) => parseAddress(literal, port)!) }
    })
  }

  own(ticket: Ticket): void {
    this.#answers.succeed(
      ticket,
      this.#own.map((host) => parseAddress(host, 0)!),
    )
  }
}
