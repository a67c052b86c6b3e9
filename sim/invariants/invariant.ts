import type { Micros } from '../../src/core/time.ts'
import type { Member } from '../experiment/member.ts'

/** Something that may never be, found to be. */
export interface Violation {
  /** Which rule. */
  readonly invariant: string
  readonly text: string
  /** Numbers of the hosts concerned. */
  readonly hosts: readonly number[]
  readonly at: Micros
  /** Number of the event after which it was seen. */
  readonly event: number
}

/** Told of what is wrong; the first time ends the run. */
export type Accuse = (invariant: string, text: string, ...members: readonly Member[]) => void

/** A rule about every member, looked at from outside: it must not change anything, nor draw from any stream. */
export interface Invariant {
  readonly name: string
  /** Looks at one member that is up. Called again and again, in no hurry: a member's turn comes every few seconds. */
  inspect(member: Member, now: Micros): void
  /** Looks at the world as a whole, once a second. */
  survey?(now: Micros): void
}
