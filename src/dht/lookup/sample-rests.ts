import type { Address } from '../../core/address.ts'
import { SparseMap } from '../../core/sparse-map.ts'
import { MINUTE, type Micros, SECOND } from '../../core/time.ts'

/** Nodes remembered; the one asked longest ago is forgotten. */
const MOST = 10_000
/** A node that knows no samples is not asked again for so many seconds, the longest interval that there is. */
const UNKNOWN = 21_600

/** Until when nodes are not to be asked for samples again (BEP 51). */
export class SampleRests {
  readonly #until = new SparseMap<string, Micros>()

  mayAsk(now: Micros, { text }: Address): boolean {
    return now >= (this.#until.get(text) ?? 0)
  }

  /** Until it answers, no other walk asks it. */
  asked(now: Micros, address: Address): void {
    this.#rest(address, now + MINUTE)
  }

  /** It has answered: with an interval in seconds, or (`undefined`) as one that knows no samples. */
  answered(now: Micros, address: Address, interval: number = UNKNOWN): void {
    this.#rest(address, now + interval * SECOND)
  }

  #rest({ text }: Address, until: Micros): void {
    this.#until.delete(text)
    if (this.#until.size >= MOST) this.#until.delete(this.#until.keys()[Symbol.iterator]().next().value!)
    this.#until.set(text, until)
  }
}
