import { authorityOf, followUrl, type WebUrl } from '../../codec/web-url.ts'
import { type Address, parseAddress, type Scope } from '../../core/address.ts'
import { type Micros, NEVER, SECOND } from '../../core/time.ts'
import type { SessionOptions } from '../options.ts'
import type { Failure, Handle, Ports, WebHead, WebPort } from '../ports.ts'
import type { ProxyTrouble } from '../proxy-trouble.ts'
import { resolveHost } from '../resolve-host.ts'
import type { Rounds } from '../rounds.ts'
import type { Machine, Seat } from '../seat.ts'
import type { Sockets } from '../sockets.ts'
import type { Tickets } from '../tickets.ts'
import { familiesOf, narrowed, narrowestServer, UNSEEN, type Whereabouts } from './reach.ts'
import { nameRefused, serverAddresses } from './server-addresses.ts'

/** How long a server, or who knows names, may say nothing. */
const SILENCE = 20 * SECOND
const MOST_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface WebClientInit {
  readonly ports: Ports
  readonly web: WebPort
  readonly tickets: Tickets
  readonly rounds: Rounds
  readonly sockets: Pick<Sockets, 'bound' | 'localHost'>
  readonly options: Pick<SessionOptions, 'proxied'>
  readonly proxyTrouble: ProxyTrouble
  newHandle(): Handle
}

export interface WebRequest {
  readonly url: WebUrl
  readonly range?: { readonly begin: number; readonly end: number }
  /** The user named it, so it may be anywhere. */
  readonly byHand: boolean
  /** Addresses of this family alone. */
  readonly family?: 4 | 6
  /** In all. */
  readonly within?: Micros
}

/** Told in this order; nothing after `ended`, `failed` or `WebCall.close`, nor before `WebClient.get` has returned. */
export interface WebReader {
  /** No redirect. `read` asks for the body. */
  head(now: Micros, head: WebHead, from: Whereabouts): void
  /** Of the body, after `read`; lent. */
  body(now: Micros, bytes: Uint8Array): void
  ended(now: Micros): void
  failed(now: Micros, failure: Failure): void
}

/** Web servers, as the session calls them: names looked up or left to the proxy, where that leads looked at first, redirects followed. */
export class WebClient implements Machine {
  readonly #init: WebClientInit
  readonly #seat: Seat
  readonly #calls = new Set<WebCall>()

  constructor(init: WebClientInit) {
    this.#init = init
    this.#seat = init.rounds.seat(this)
  }

  get(now: Micros, request: WebRequest, reader: WebReader): WebCall {
    const gone = (call: WebCall): void => {
      this.#calls.delete(call)
    }
    const call = new WebCall(now, this.#init, request, reader, () => this.#seat.touch(), gone)
    this.#calls.add(call)
    call.begin(now)
    this.#seat.touch()
    return call
  }

  tick(now: Micros): void {
    // Who is told of a failure may ask elsewhere, and fail there at once.
    for (let due = this.#due(now); due !== undefined; due = this.#due(now)) due.tick(now)
  }

  nextDeadline(): Micros {
    let first = NEVER
    for (const { deadline } of this.#calls) first = Math.min(first, deadline)
    return first
  }

  #due(now: Micros): WebCall | undefined {
    for (const call of this.#calls) if (call.deadline <= now) return call
    return undefined
  }

  stop(): void {
    for (const call of [...this.#calls]) call.close()
    this.#seat.forget()
  }
}

/** One GET, over all its redirects. */
export class WebCall {
  readonly #init: WebClientInit
  readonly #request: WebRequest
  readonly #reader: WebReader
  readonly #touch: () => void
  readonly #gone: (call: WebCall) => void
  readonly #endsBy: Micros
  #url: WebUrl
  #narrowest: Scope
  #redirects = 0
  #handle: Handle | undefined
  #silentUntil: Micros
  /** Found at once, told in its own turn. */
  #failure: Failure | undefined
  #over = false

  constructor(
    now: Micros,
    init: WebClientInit,
    request: WebRequest,
    reader: WebReader,
    touch: () => void,
    gone: (call: WebCall) => void,
  ) {
    this.#init = init
    this.#request = request
    this.#reader = reader
    this.#touch = touch
    this.#gone = gone
    this.#url = request.url
    this.#narrowest = request.byHand ? 'loopback' : narrowestServer(init.sockets.bound)
    this.#silentUntil = now + SILENCE
    this.#endsBy = now + (request.within ?? NEVER)
  }

  get deadline(): Micros {
    return this.#failure === undefined ? Math.min(this.#silentUntil, this.#endsBy) : 0
  }

  begin(now: Micros): void {
    const { host, port } = this.#url
    this.#silentUntil = now + SILENCE
    if (this.#init.options.proxied && parseAddress(host, port) === undefined) {
      const refused = nameRefused(host, this.#narrowest)
      if (refused === undefined) this.#ask(now, undefined, [])
      else this.#fail(refused)
      return
    }
    resolveHost(now, this.#init, host, port, (at, addresses) => {
      if (!this.#over) this.#found(at, addresses)
    })
  }

  /** Asks for more of the body; `body` or `ended` answers. */
  read(now: Micros): void {
    if (this.#over) return
    this.#silentUntil = now + SILENCE
    this.#touch()
    const ticket = this.#init.tickets.issue((at, value, failure) => {
      if (this.#over) return
      // Whoever does not read on, for a limit perhaps, waits for nobody.
      this.#silentUntil = NEVER
      this.#touch()
      if (failure !== undefined) this.#fail(failure)
      else if ((value as Uint8Array).length > 0) this.#reader.body(at, value as Uint8Array)
      else {
        this.close()
        this.#reader.ended(at)
      }
    })
    this.#init.web.read(ticket, this.#handle!)
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    this.#hangUp()
    this.#gone(this)
    this.#touch()
  }

  tick(now: Micros): void {
    if (this.#over || now < this.deadline) return
    const message = `${authorityOf(this.#url)} does not answer in time.`
    const failure = this.#failure ?? { code: 'web/timeout', message }
    this.close()
    this.#reader.failed(now, failure)
  }

  #found(now: Micros, addresses: readonly Address[]): void {
    const { host } = this.#url
    const { family } = this.#request
    const families = family === undefined ? familiesOf(this.#init.sockets.bound) : [family]
    const called = serverAddresses(host, addresses, this.#narrowest, families)
    if ('code' in called) this.#fail(called)
    else this.#ask(now, called[0], called.slice(1))
  }

  /** `to` as in `WebAsk`. */
  #ask(now: Micros, to: Address | undefined, others: readonly Address[]): void {
    const { web, tickets, sockets, proxyTrouble, newHandle } = this.#init
    const handle = newHandle()
    this.#handle = handle
    this.#silentUntil = now + SILENCE
    this.#touch()
    const ticket = tickets.issue((at, value, failure) => {
      if (this.#over) return
      this.#touch()
      if (failure === undefined) this.#answered(at, to ?? UNSEEN, value as WebHead)
      else {
        proxyTrouble.ended(at, failure.code)
        this.#hangUp()
        if (others.length > 0) this.#ask(at, others[0], others.slice(1))
        else this.#fail(failure)
      }
    })
    web.get(ticket, handle, {
      secure: this.#url.scheme === 'https',
      to,
      from: to && sockets.localHost(to),
      host: this.#url.host,
      port: this.#url.port,
      authority: authorityOf(this.#url),
      path: this.#url.path,
      range: this.#request.range,
    })
  }

  #answered(now: Micros, from: Whereabouts, head: WebHead): void {
    this.#silentUntil = NEVER
    if (!REDIRECTS.has(head.status) || head.location === undefined) {
      this.#reader.head(now, head, from)
      return
    }
    this.#hangUp()
    const url = followUrl(this.#url, head.location)
    this.#redirects += 1
    if (url === undefined || url.scheme === 'udp' || this.#redirects > MOST_REDIRECTS) {
      const message = `${authorityOf(this.#url)} sends on without end, or to what is no web server.`
      this.#fail({ code: 'web/redirect', message })
      return
    }
    this.#narrowest = narrowed(this.#narrowest, from)
    this.#url = url
    this.begin(now)
  }

  #fail(failure: Failure): void {
    this.#failure = failure
    this.#touch()
  }

  #hangUp(): void {
    if (this.#handle !== undefined) this.#init.web.close(this.#handle)
    this.#handle = undefined
  }
}
