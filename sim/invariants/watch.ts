import type { Member } from '../experiment/member.ts'
import type { Stage } from '../experiment/stage.ts'
import { ByteBalance } from './byte-balance.ts'
import { Caps } from './caps.ts'
import type { Accuse, Invariant, Violation } from './invariant.ts'
import { QueryOutcomes } from './query-outcomes.ts'
import { TableRules } from './table-rules.ts'
import { TokenLedger } from './token-ledger.ts'
import { VerifiedPieces } from './verified-pieces.ts'

/** Members inspected per virtual second: everybody's turn comes soon in a small world, and a large one is not slowed down. */
const TURNS = 32

/** Looks at a run from outside, always: what may never be must not be in any scenario. */
export class Watch {
  /** The first thing that was wrong. */
  violation: Violation | undefined
  readonly #stage: Stage<unknown>
  readonly #invariants: readonly Invariant[]
  #next = 0

  constructor(stage: Stage<unknown>) {
    this.#stage = stage
    const accuse: Accuse = (invariant, text, ...members) => {
      const { now, scheduler } = stage.world
      const hosts = members.map(({ host }) => host.index)
      this.violation ??= { invariant, text, hosts, at: now, event: scheduler.events }
    }
    this.#invariants = [
      new TableRules(stage, accuse),
      new QueryOutcomes(accuse),
      new TokenLedger(stage, accuse),
      new Caps(accuse),
      new VerifiedPieces(stage, accuse),
      new ByteBalance(stage, accuse),
    ]
  }

  /** Once per virtual second: some members, and the whole. */
  second(): void {
    const { members } = this.#stage
    for (let turn = 0; turn < Math.min(TURNS, members.length); turn++) {
      this.#inspect(members[this.#next]!)
      this.#next = (this.#next + 1) % members.length
    }
    for (const invariant of this.#invariants) invariant.survey?.(this.#stage.now)
  }

  /** At the end: everybody. */
  last(): void {
    for (const member of this.#stage.members) this.#inspect(member)
    for (const invariant of this.#invariants) invariant.survey?.(this.#stage.now)
  }

  #inspect(member: Member): void {
    if (!member.isUp || member.session === undefined || member.group.isHostile === true) return
    for (const invariant of this.#invariants) invariant.inspect(member, this.#stage.now)
  }
}
