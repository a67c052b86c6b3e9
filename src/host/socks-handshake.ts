import { parseAddress } from '../core/address.ts'
import { concatBytes, EMPTY } from '../core/bytes.ts'
import type { ErrorCode } from '../core/errors.ts'
import { encodeUtf8 } from '../core/utf8.ts'

/** Each 1 to 255 bytes of UTF-8. */
export interface ProxyLogin {
  readonly user: string
  readonly password: string
}

/** What is to be done next. */
export type SocksStep =
  /** Wait for more. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'say'; readonly bytes: Uint8Array }
  /** The connection stands; `rest` came from its far end already (a view of what was given last). */
  | { readonly kind: 'open'; readonly rest: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: ErrorCode }

const VERSION = 5
const NO_LOGIN = 0
const USER_AND_PASSWORD = 2
/** No answer is longer: a reply with a name of 255 bytes. */
const LONGEST_ANSWER = 262

const WAIT: SocksStep = { kind: 'wait' }
/** RFC 1928, section 6; what is not here is `network/failed`. */
const REPLIES: Readonly<Record<number, ErrorCode>> = {
  2: 'network/proxy-forbidden',
  5: 'network/refused',
  6: 'network/timeout',
  7: 'network/proxy-foreign',
}

/**
 * What a SOCKS5 proxy is told and answers until a connection by way of it stands (RFC 1928, RFC 1929): bytes in, bytes out. It holds what an
 * answer may have at most, and an answer to what was not asked yet ends it.
 */
export class SocksHandshake {
  readonly #host: string
  readonly #port: number
  readonly #login: ProxyLogin | undefined
  #awaits: 'method' | 'login' | 'reply' = 'method'
  #held: Uint8Array = EMPTY
  #reached = false

  /** `host`: an address, or a name that the proxy looks up. */
  constructor(host: string, port: number, login: ProxyLogin | undefined) {
    this.#host = host
    this.#port = port
    this.#login = login
  }

  /** It has not been asked for a connection yet: what lasts is its own doing, not that of the far end. */
  get atProxy(): boolean {
    return this.#awaits !== 'reply'
  }

  /** What is said first, as soon as the proxy is reached. */
  greeting(): Uint8Array {
    this.#reached = true
    const methods = this.#login === undefined ? [NO_LOGIN] : [NO_LOGIN, USER_AND_PASSWORD]
    return Uint8Array.of(VERSION, methods.length, ...methods)
  }

  /** `bytes` are lent. Not to be called after `open` or `failed`. */
  receive(bytes: Uint8Array): SocksStep {
    const before = this.#held.length
    const all = before === 0 ? bytes : concatBytes([this.#held, bytes.subarray(0, LONGEST_ANSWER)])
    const length = this.#lengthOf(all)
    if (length === undefined) return foreign()
    if (all.length < length) {
      this.#held = all.slice()
      return WAIT
    }
    this.#held = EMPTY
    if (this.#awaits === 'reply') return this.#replied(all, bytes.subarray(length - before))
    // Whoever answers before he is asked does not listen.
    if (all.length > length) return foreign()
    return this.#awaits === 'method' ? this.#chosen(all[1]!) : this.#loggedIn(all[1]!)
  }

  /** Why there is no connection, when the socket to the proxy came to this end meanwhile. */
  blame(reason: ErrorCode): ErrorCode {
    if (!this.#reached) return 'network/proxy-unreachable'
    if (reason !== 'network/timeout') return 'network/proxy-ended'
    return this.atProxy ? 'network/proxy-silent' : reason
  }

  /** How long the answer is that begins here, as far as can be seen; `undefined`: it is none. */
  #lengthOf(all: Uint8Array): number | undefined {
    const version = this.#awaits === 'login' ? 1 : VERSION
    if (all.length > 0 && all[0] !== version) return undefined
    if (this.#awaits !== 'reply') return 2
    // Of a refusal no more is read: some proxies send no address after it.
    if (all.length < 2 || all[1] !== 0) return 2
    switch (all[3]) {
      case undefined:
        return 5
      case 1:
        return 10
      case 3:
        return 7 + (all[4] ?? 0)
      case 4:
        return 22
      default:
        return undefined
    }
  }

  #chosen(method: number): SocksStep {
    if (method === NO_LOGIN) return this.#request()
    if (method === 0xff) return denied()
    if (method !== USER_AND_PASSWORD || this.#login === undefined) return foreign()
    this.#awaits = 'login'
    const user = encodeUtf8(this.#login.user)
    const password = encodeUtf8(this.#login.password)
    return { kind: 'say', bytes: Uint8Array.of(1, user.length, ...user, password.length, ...password) }
  }

  #loggedIn(status: number): SocksStep {
    return status === 0 ? this.#request() : denied()
  }

  #request(): SocksStep {
    this.#awaits = 'reply'
    const port = [this.#port >> 8, this.#port & 0xff]
    return { kind: 'say', bytes: Uint8Array.of(VERSION, 1, 0, ...target(this.#host, this.#port), ...port) }
  }

  #replied(all: Uint8Array, rest: Uint8Array): SocksStep {
    const code = all[1]!
    return code === 0 ? { kind: 'open', rest } : { kind: 'failed', reason: REPLIES[code] ?? 'network/failed' }
  }
}

function target(host: string, port: number): Uint8Array {
  const literal = parseAddress(host, port)
  if (literal !== undefined) return Uint8Array.of(literal.family === 4 ? 1 : 4, ...literal.bytes)
  const name = encodeUtf8(host)
  return Uint8Array.of(3, name.length, ...name)
}

function foreign(): SocksStep {
  return { kind: 'failed', reason: 'network/proxy-foreign' }
}

function denied(): SocksStep {
  return { kind: 'failed', reason: 'network/proxy-denied' }
}
