import type { Micros } from '../../src/core/time.ts'
import { DHT_DEFAULTS } from '../../src/dht/options.ts'
import type { Member } from '../experiment/member.ts'
import type { Accuse, Invariant } from './invariant.ts'

/** Every query ends once: by a reply, an error, or a time-out. What has not ended is few, and what ended was begun. */
export class QueryOutcomes implements Invariant {
  readonly name = 'one outcome per query'
  readonly #accuse: Accuse

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  inspect(member: Member, now: Micros): void {
    for (const { stats } of member.session?.dhtStats(now) ?? []) {
      const { queriesOut, responses, errors, timeouts } = stats
      const open = queriesOut - responses - errors - timeouts
      if (open < 0) this.#say(member, `${-open} more outcomes than queries`)
      if (open > DHT_DEFAULTS.maxTransactions) this.#say(member, `${open} queries without an outcome`)
    }
  }

  #say(member: Member, text: string): void {
    this.#accuse(this.name, `host ${member.host.index} has ${text}`, member)
  }
}
