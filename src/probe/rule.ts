/** A rule of the conformance list as data: datagrams to send, and what may come back. */
import type { Address, Scope } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import type { Notebook } from './notebook.ts'
import type { Reply } from './reply.ts'
import type { SourceName } from './sources.ts'

/** B: a BEP demands or recommends it. C: the BEPs are silent or contradict each other, and it is our choice. */
export type RuleLevel = 'B' | 'C'

/** What may come back for a datagram. */
export interface Expectation {
  /** `any`: whether something comes back says nothing. */
  readonly outcome: 'drop' | 'error' | 'response' | 'any'
  /** In a few words. */
  readonly text: string
  /** What is wrong with `reply`, in a few words; `undefined`: nothing. Not asked when there is none. */
  complaint(reply: Reply, notebook: Notebook): string | undefined
}

export interface Step {
  /** In the notation of the list, with the macros of `Notebook`; or made of what came before. */
  readonly send: string | ((notebook: Notebook) => Uint8Array)
  /** Default: `main`. */
  readonly by?: SourceName
  readonly expect: Expectation
  /** The token of the reply is kept under this name, for `<tok:name>`. */
  readonly keep?: string
  /** What it is, in a few words, where it does not stand for itself. */
  readonly text?: string
  /** How long after the step before. */
  readonly after?: Micros
}

/** Datagrams that belong together; each case has an info-hash of its own. */
export type Case = readonly Step[]

/** Where and how the rules are run. */
export interface Circumstances {
  readonly target: Address
  readonly family: 4 | 6
  readonly scope: Scope
  /** Whether `other` has an IP of its own. */
  readonly twoAddresses: boolean
  /** Whether rules that wait for minutes are run. */
  readonly slow: boolean
  /** Whether datagrams are sent as fast as they are answered, so that there may be hundreds. */
  readonly hasTime: boolean
}

export interface Rule {
  /** The row of the list. */
  readonly id: string
  readonly level: RuleLevel
  /** A sentence without its stop, about the node. */
  readonly title: string
  readonly cases: readonly Case[] | ((circumstances: Circumstances) => readonly Case[])
  /** Why it cannot be seen here; `undefined`: it can. */
  readonly obstacle?: (circumstances: Circumstances) => string | undefined
  /** The row without which this one makes no sense: a node that breaks that one knows nothing of the matter. */
  readonly needs?: string
  /** The same, asked when its turn has come. */
  readonly unseen?: (notebook: Notebook) => string | undefined
  /** Asked when all rules are through: what only then is known to be wrong. */
  readonly final?: (notebook: Notebook) => string | undefined
  /**
   * `last`: needs what the others leave behind. `hazard`: nodes are known to die of such a thing, so it comes after those. `worst`: or
   * to hang for good.
   */
  readonly stage?: 'last' | 'hazard' | 'worst'
}

/** A rule that is seen in passing, in whatever comes back. */
export interface Watch {
  readonly id: string
  readonly level: RuleLevel
  readonly title: string
  /** What is wrong with a datagram that came back; the first complaint counts. */
  complaint(exchange: Exchange): string | undefined
}

/** A datagram that came back, and what for. */
export interface Exchange {
  readonly reply: Reply
  /** What was sent last from the source that it came to. */
  readonly sent: Uint8Array
  readonly source: SourceName
  readonly from: Address
  readonly target: Address
  readonly notebook: Notebook
}
