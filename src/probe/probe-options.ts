import type { Scope } from '../core/address.ts'
import { MILLISECOND, type Micros, SECOND } from '../core/time.ts'

/** How a node is asked, and how long it is waited for. */
export interface ProbeOptions {
  /** Datagrams a second, and how many at once; a node in the global scope answers two a second of one source (row 2.32). */
  readonly rate: number
  readonly burst: number
  /** How long an answer may take before a sign of life is asked for. */
  readonly answerWait: Micros
  /** How often a datagram that is not answered is sent again: where some get lost. */
  readonly resends: number
  /** How often the node must have shown that it lives before a datagram counts as not answered. */
  readonly signs: number
  readonly signWait: Micros
  /** So many signs of life in vain, and the node is silent. */
  readonly signTries: number
  /** How long a node that fell silent may take to come back. */
  readonly patience: Micros
  /** Whether rules that wait for minutes are run. */
  readonly slow: boolean
}

/** Nearby nothing gets lost, nor overtaken: what has not come before a sign of life does not come. */
const NEAR: ProbeOptions = {
  rate: Number.POSITIVE_INFINITY,
  burst: 1,
  answerWait: 50 * MILLISECOND,
  resends: 0,
  signs: 2,
  signWait: SECOND / 2,
  signTries: 6,
  patience: 10 * SECOND,
  slow: false,
}

const FAR: ProbeOptions = {
  ...NEAR,
  rate: 1.8,
  burst: 8,
  answerWait: 2 * SECOND,
  resends: 1,
  signs: 1,
  signWait: 2 * SECOND,
  signTries: 5,
}

export function probeOptions(scope: Scope, given: Partial<ProbeOptions>): ProbeOptions {
  return { ...(scope === 'global' ? FAR : NEAR), ...given }
}
