import type { Announce } from '../../codec/announce.ts'
import { decodeUdpAnswer, encodeAnnounce, encodeConnect } from '../../codec/udp-tracker.ts'
import { type Address, sameAddress } from '../../core/address.ts'
import { readUint32 } from '../../core/bytes.ts'
import type { Rng } from '../../core/rng.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { Machine } from '../seat.ts'
import type { DatagramReader } from '../udp-mux.ts'
import type { AnnounceResult } from './announce-result.ts'

/** How long an answer is waited for, doubling each time (BEP 15), and how often it is asked for: others wait for their turn meanwhile. */
const FIRST_WAIT = 15 * SECOND
const MOST_TRIES = 2
/** How long a connection id is good for, and how many are kept. */
const CONNECTION_LIFE = 60 * SECOND
const MOST_CONNECTIONS = 256

export interface UdpTrackersInit {
  readonly secret: Rng
  send(to: Address, datagram: Uint8Array): void
  touch(): void
}

interface Request {
  readonly to: Address
  readonly path: string
  readonly announce: Announce
  readonly done: (now: Micros, result: AnnounceResult) => void
  transaction: number
  phase: 'connecting' | 'announcing'
  tries: number
  /** It began with an id that was there already. */
  reused: boolean
  at: Micros
}

/** Announces over UDP (BEP 15): a connection id is asked for, then used. Answers count from where they were asked alone. */
export class UdpTrackers implements Machine, DatagramReader {
  readonly #init: UdpTrackersInit
  readonly #requests = new Map<number, Request>()
  readonly #connections = new Map<string, { readonly id: Uint8Array; readonly until: Micros }>()
  /** Datagrams that answer nothing that was asked. */
  foreign = 0

  constructor(init: UdpTrackersInit) {
    this.#init = init
  }

  /** Returns what gives it up. */
  announce(
    now: Micros,
    to: Address,
    path: string,
    announce: Announce,
    done: (now: Micros, result: AnnounceResult) => void,
  ): () => void {
    const request: Request = {
      ...{ to, path, announce, done },
      ...{ transaction: 0, phase: 'connecting', tries: 0, at: NEVER },
      reused: this.#connectionTo(now, to) !== undefined,
    }
    this.#send(now, request)
    return () => {
      if (this.#requests.get(request.transaction) === request) this.#requests.delete(request.transaction)
    }
  }

  receive(now: Micros, from: Address, datagram: Uint8Array): void {
    const answer = decodeUdpAnswer(datagram, from.family)
    const request = answer && this.#requests.get(answer.transaction)
    if (answer === undefined || request === undefined || !sameAddress(request.to, from)) {
      this.foreign += 1
      return
    }
    if (answer.kind === 'connected' && request.phase === 'connecting') {
      this.#connections.set(from.text, { id: answer.connection, until: now + CONNECTION_LIFE })
      if (this.#connections.size > MOST_CONNECTIONS)
        this.#connections.delete(this.#connections.keys().next().value!)
      request.tries = 0
      this.#send(now, request)
    } else if (answer.kind === 'announced' && request.phase === 'announcing') {
      const { interval, peers } = answer
      this.#end(now, request, { ok: true, answer: { interval }, peers: [{ from, peers }] })
    } else if (answer.kind === 'refused') this.#refused(now, request, answer.message)
    else this.foreign += 1
  }

  tick(now: Micros): void {
    for (const request of [...this.#requests.values()]) {
      if (request.at > now) continue
      if (request.tries < MOST_TRIES) this.#send(now, request)
      else
        this.#end(now, request, {
          ok: false,
          failure: { code: 'tracker/failed', message: `${request.to.text} does not answer.` },
        })
    }
  }

  nextDeadline(): Micros {
    let first = NEVER
    for (const { at } of this.#requests.values()) first = Math.min(first, at)
    return first
  }

  #refused(now: Micros, request: Request, message: string): void {
    // Perhaps it knows the id no longer.
    if (request.phase === 'announcing' && request.reused) {
      this.#connections.delete(request.to.text)
      request.reused = false
      request.tries = 0
      this.#send(now, request)
      return
    }
    const failure = { code: 'tracker/failed', message: `it refuses: ${message}` } as const
    this.#end(now, request, { ok: false, failure })
  }

  #send(now: Micros, request: Request): void {
    const { to, path, announce } = request
    const connection = this.#connectionTo(now, to)
    this.#requests.delete(request.transaction)
    request.phase = connection === undefined ? 'connecting' : 'announcing'
    request.transaction = this.#newTransaction()
    request.at = now + FIRST_WAIT * 2 ** request.tries
    request.tries += 1
    this.#requests.set(request.transaction, request)
    const { transaction } = request
    this.#init.send(
      to,
      connection === undefined
        ? encodeConnect(transaction)
        : encodeAnnounce(transaction, connection, announce, path),
    )
    this.#init.touch()
  }

  #connectionTo(now: Micros, { text }: Address): Uint8Array | undefined {
    const known = this.#connections.get(text)
    return known !== undefined && known.until > now ? known.id : undefined
  }

  #newTransaction(): number {
    const bytes = new Uint8Array(4)
    do this.#init.secret.fill(bytes)
    while (this.#requests.has(readUint32(bytes, 0)))
    return readUint32(bytes, 0)
  }

  #end(now: Micros, request: Request, result: AnnounceResult): void {
    this.#requests.delete(request.transaction)
    this.#init.touch()
    request.done(now, result)
  }
}
