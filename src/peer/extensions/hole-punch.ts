import { decodeHolePunch, encodeHolePunch } from '../../codec/hole-punch.ts'
import type { Address } from '../../core/address.ts'
import { TokenBucket } from '../../core/rate.ts'
import type { Micros } from '../../core/time.ts'
import type { Link } from '../link.ts'
import type { ExtensionHandshake } from './extension-handshake.ts'

/** What one remote may ask us for, and what we ask of one: at once, and a second. */
const QUESTIONS = 20
const QUESTION_RATE = 0.5
/** Whom a remote may have us dial without our having asked, and whom we have one dial for others: each costs a dozen small datagrams. */
const CALLS = 10
const CALL_RATE = 0.2

/** Hole punching on one connection (BEP 55): how much is said and heeded of it. What is to be done is the owner's affair. */
export class HolePunch<Peer> {
  readonly #link: Link<Peer>
  readonly #handshake: ExtensionHandshake<Peer>
  readonly #questionsIn: TokenBucket
  readonly #questionsOut: TokenBucket
  readonly #callsIn: TokenBucket
  readonly #callsOut: TokenBucket
  /** Questions of ours that wait for an answer. */
  #asked = 0

  constructor(now: Micros, link: Link<Peer>, handshake: ExtensionHandshake<Peer>) {
    this.#link = link
    this.#handshake = handshake
    this.#questionsIn = new TokenBucket(now, QUESTION_RATE, QUESTIONS)
    this.#questionsOut = new TokenBucket(now, QUESTION_RATE, QUESTIONS)
    this.#callsIn = new TokenBucket(now, CALL_RATE, CALLS)
    this.#callsOut = new TokenBucket(now, CALL_RATE, CALLS)
  }

  /** Asks the remote to bring us together with `target`; false when it does not do that, or was asked enough. */
  ask(now: Micros, target: Address): boolean {
    if (!this.#isAgreed || !this.#questionsOut.tryTake(now, 1)) return false
    this.#asked += 1
    this.#say(now, 'rendezvous', target, 0)
    return true
  }

  /** Has the remote dial `caller`, who asked for it; false when it has been called enough. */
  call(now: Micros, caller: Address): boolean {
    if (!this.#isAgreed || !this.#callsOut.tryTake(now, 1)) return false
    this.#say(now, 'connect', caller, 0)
    return true
  }

  /** Answers what the remote asked for; with an error, why not. */
  answer(now: Micros, target: Address, error = 0): void {
    this.#say(now, error === 0 ? 'connect' : 'error', target, error)
  }

  receive(now: Micros, payload: Uint8Array): void {
    const { terms, peer, counters, flood } = this.#link
    const message = decodeHolePunch(payload)
    // Who does not take part is not heard (BEP 55).
    if (message !== undefined && this.#isAgreed && this.#allows(now, message.kind))
      terms.punching?.heard(peer, now, message)
    else {
      counters.punchesIgnored += 1
      if (!flood.useless(now)) this.#link.fail(now, 'wire/flood-state')
    }
  }

  /** A torrent may turn out to be private when its metadata comes. */
  get #isAgreed(): boolean {
    const { terms, remote } = this.#link
    return remote.punchesHoles && terms.punching !== undefined && !terms.private
  }

  #allows(now: Micros, kind: 'rendezvous' | 'connect' | 'error'): boolean {
    if (kind === 'rendezvous') return this.#questionsIn.tryTake(now, 1)
    if (this.#asked > 0) {
      this.#asked -= 1
      return true
    }
    return kind === 'connect' && this.#callsIn.tryTake(now, 1)
  }

  #say(now: Micros, kind: 'rendezvous' | 'connect' | 'error', address: Address, error: number): void {
    this.#link.outbox.extended(now, this.#handshake.holePunchId, encodeHolePunch({ kind, address, error }))
  }
}
