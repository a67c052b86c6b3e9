import { equalBytes, latin1 } from '../core/bytes.ts'
import { ID_LENGTH, type Id } from '../core/id.ts'
import type { TokenBucket } from '../core/rate.ts'
import { type Micros, NEVER } from '../core/time.ts'
import type { Notebook } from './notebook.ts'
import type { ProbeOptions } from './probe-options.ts'
import { Reply } from './reply.ts'
import type { Step } from './rule.ts'
import type { SourceName } from './sources.ts'

/**
 * What came of a step. `silent`: not even a sign of life; `revived`: one at last, of a node that had died or nearly; `renamed`: one at
 * once, under another id.
 */
export type TrialOutcome = Reply | 'nothing' | 'silent' | 'revived' | 'renamed'

export interface TrialInit {
  readonly step: Step
  readonly notebook: Notebook
  readonly options: ProbeOptions
  readonly pace: TokenBucket
  readonly send: (source: SourceName, bytes: Uint8Array) => void
}

const NOBODY: Id = new Uint8Array(ID_LENGTH)
/** What marks the transaction ids of signs of life. */
const SIGN = latin1('life')
/** Nearby no sign gets lost: so many in vain, and the node was away. */
const LOST = 3

/**
 * One datagram and what comes back for it. That nothing comes back is told from a dead node by a sign of life: a ping from the
 * same place, sent after it and answered (section 10 of the list). So nobody sleeps.
 */
export class Trial {
  outcome: TrialOutcome | undefined
  /** What was sent. */
  sent: Uint8Array = new Uint8Array(0)
  readonly source: SourceName
  readonly #init: TrialInit
  #doing: 'asking' | 'waiting' | 'signing' | 'listening' = 'asking'
  #at: Micros
  #resends: number
  /** Under which id the node went by when it was asked. */
  #nodeId: Id = NOBODY
  #signs = 0
  #tries = 0

  constructor(now: Micros, init: TrialInit) {
    this.#init = init
    this.source = init.step.by ?? 'main'
    this.#resends = init.step.expect.outcome === 'drop' ? 0 : init.options.resends
    this.#at = now + (init.step.after ?? 0)
  }

  nextDeadline(): Micros {
    return this.outcome === undefined ? this.#at : NEVER
  }

  tick(now: Micros): void {
    while (this.outcome === undefined && this.#at <= now) this.#step(now)
  }

  /** Something that is no query came from the node to the place of this trial. */
  receive(now: Micros, reply: Reply): void {
    if (this.outcome !== undefined || this.#doing === 'asking') return
    if (!isSign(reply)) this.outcome = reply
    else if (this.#doing === 'listening') {
      this.#signs += 1
      this.outcome = this.#change()
      if (this.outcome !== undefined) return
      if (this.#signs >= this.#init.options.signs) this.outcome = 'nothing'
      else {
        this.#tries = 0
        this.#turn('signing', now)
      }
    }
  }

  /** What a sign of life says besides; `undefined`: nothing. */
  #change(): 'revived' | 'renamed' | undefined {
    const { notebook, options } = this.#init
    const isRenamed = !equalBytes(notebook.nodeId, this.#nodeId)
    if (isRenamed) return this.#tries > 1 ? 'revived' : 'renamed'
    return options.resends === 0 && this.#tries > LOST ? 'revived' : undefined
  }

  #step(now: Micros): void {
    const { pace, options } = this.#init
    if (this.#doing === 'waiting') {
      if (this.#resends > 0) {
        this.#resends -= 1
        this.#turn('asking', now)
      } else this.#turn('signing', now)
    } else if (this.#doing === 'listening') {
      if (this.#tries >= options.signTries) this.outcome = 'silent'
      else this.#turn('signing', now)
    } else if (!pace.ready(now)) this.#at = pace.readyAt(now)
    else {
      pace.take(now, 1)
      if (this.#doing === 'asking') this.#ask(now)
      else this.#sign(now)
    }
  }

  #ask(now: Micros): void {
    const { step, notebook, options, send } = this.#init
    const { send: what } = step
    this.sent = typeof what === 'string' ? notebook.write(what, this.source) : what(notebook)
    this.#nodeId = notebook.nodeId
    notebook.transaction = new Reply(this.sent).transaction
    notebook.uncross(notebook.transaction)
    if (step.expect.outcome === 'drop') this.#turn('signing', now)
    else this.#turn('waiting', now + options.answerWait)
    send(this.source, this.sent)
  }

  #sign(now: Micros): void {
    const { notebook, options, send } = this.#init
    this.#tries += 1
    this.#turn('listening', now + options.signWait)
    send(this.source, signOfLife(notebook, this.source))
  }

  #turn(doing: 'asking' | 'waiting' | 'signing' | 'listening', at: Micros): void {
    this.#doing = doing
    this.#at = at
  }
}

/** A ping whose answer nobody takes for anything else. */
export function signOfLife(notebook: Notebook, source: SourceName): Uint8Array {
  return notebook.write(`d1:ad<A>e1:q4:ping1:t6:life<s>1:y1:qe`, source)
}

export function isSign({ kind, transaction }: Reply): boolean {
  return kind === 'r' && transaction?.length === 6 && equalBytes(transaction.subarray(0, 4), SIGN)
}
