import type { Address } from '../core/address.ts'
import { MILLISECOND, type Micros, SECOND } from '../core/time.ts'
import { Attempt, type Carrier, type Ways } from './attempt.ts'
import type { Transport } from './options.ts'
import type { Rounds } from './rounds.ts'
import type { Stream } from './stream.ts'

/** How long the first way is tried alone; and where the second has been promised. */
const HEAD_START: Micros = 2 * SECOND
const SHORT_HEAD_START: Micros = 500 * MILLISECOND
/** Addresses of which it is remembered what leads to them. */
const MOST_KNOWN = 1_024

/** Dials by TCP, by uTP, or by both a little apart, as one stream: what opens first is the stream, the other is dropped. */
export class Dialler {
  readonly #rounds: Rounds
  readonly #transport: Transport
  readonly #ways: Ways
  /** What is known of addresses, the oldest first: uTP led to them or TCP to silence, or others say that they speak it. */
  readonly #known = new Map<string, 'better' | 'silent' | 'said'>()

  constructor(rounds: Rounds, transport: Transport, ways: Ways) {
    this.#rounds = rounds
    this.#transport = transport
    this.#ways = ways
  }

  dial(now: Micros, to: Address): Stream {
    if (this.#transport === 'tcp') return this.#ways.tcp(to)
    const known = this.#known.get(to.text)
    const order: readonly Carrier[] =
      this.#transport === 'utp' ? ['utp'] : known === 'better' ? ['utp', 'tcp'] : ['tcp', 'utp']
    const headStart = known === 'said' ? SHORT_HEAD_START : HEAD_START
    return new Attempt(this.#rounds, this.#ways, to, order, now, headStart, (carrier, spoke) => {
      if (carrier === 'utp' && spoke) this.#note(to, 'better')
      else if (carrier === 'tcp' && !spoke) this.#silent(to)
      else this.#known.delete(to.text)
    })
  }

  /** Another peer says that it speaks uTP (BEP 11). */
  speaksUtp(address: Address): void {
    if (this.#transport === 'both' && !this.#known.has(address.text)) this.#note(address, 'said')
  }

  /** TCP opened and nothing was said: who does not take what we said first (MSE) is dialled once more, and only then by uTP. */
  #silent(to: Address): void {
    this.#note(to, this.#known.get(to.text) === 'silent' ? 'better' : 'silent')
  }

  #note(address: Address, what: 'better' | 'silent' | 'said'): void {
    this.#known.delete(address.text)
    if (this.#known.size === MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(address.text, what)
  }
}
