import { once } from 'node:events'
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import type { Address } from '../core/address.ts'
import { type ErrorCode, LodestoneError } from '../core/errors.ts'
import { streamReason } from './network-failure.ts'
import { plainBytes } from './plain-bytes.ts'
import { type ProxyLogin, SocksHandshake } from './socks-handshake.ts'

/** A SOCKS5 proxy. */
export interface SocksProxy {
  /** An address or a name. */
  readonly host: string
  readonly port: number
  readonly login?: ProxyLogin | undefined
}

/** A socket on its way, and where that leads through a proxy, what is to be said there first. */
export interface Dialled {
  readonly socket: Socket
  readonly proxy: SocksHandshake | undefined
}

/** For a proxy to bring a connection about. */
const OPEN_TIMEOUT_MS = 15_000
/** As SOCKS5 has room for; what else is in a name is not read alike everywhere. */
const NAME = /^[!-~]{1,255}$/

/** The one way out for streams: from the addresses that the user bound to, and through his proxy where there is one, or not at all. */
export class Dialler {
  /** Whether names are for the proxy to look up, and never for this machine. */
  readonly proxied: boolean
  readonly #proxy: SocksProxy | undefined
  readonly #bind: readonly string[]

  /** `bind`: literal local addresses; none: the system's choice. */
  constructor(proxy: SocksProxy | undefined, bind: readonly string[]) {
    this.proxied = proxy !== undefined
    this.#proxy = proxy
    this.#bind = bind
  }

  /** Begins to dial a peer, `from` a literal local address, if any; a proxy is dialled from where it can be reached. */
  dial(to: Address, from: string | undefined, onread: OnReadOpts): Dialled {
    const proxy = this.#proxy
    if (proxy === undefined) {
      const { host, port } = to
      return { socket: connect({ host, port, ...local(from), noDelay: true, onread }), proxy }
    }
    const { host, port, login } = proxy
    const socket = connect({ host, port, ...local(this.#localTo(host)), noDelay: true, onread })
    return { socket, proxy: new SocksHandshake(to.host, to.port, login) }
  }

  /**
   * A connection to `host` (an address or an ASCII name), for whoever speaks something else than the peer protocol there. Rejects with
   * a network error whose code is that of `StreamsPort`, or `network/name`.
   */
  async open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted()
    const proxy = this.#proxy
    if (!NAME.test(host)) throw failure('network/name', host)
    const { host: next, port: at } = proxy ?? { host, port }
    const socket = connect({ host: next, port: at, ...local(this.#localTo(next)), noDelay: true })
    const handshake = proxy && new SocksHandshake(host, port, proxy.login)
    const late = AbortSignal.any([signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)])
    try {
      await once(socket, 'connect', { signal: late })
      const refused = handshake && (await negotiate(socket, handshake, late))
      if (refused !== undefined) throw failure(refused, host)
      return socket
    } catch (error) {
      socket.on('error', () => {}).destroy()
      signal.throwIfAborted()
      if (error instanceof LodestoneError) throw error
      const reason = late.aborted ? 'network/timeout' : streamReason(error)
      throw failure(handshake?.blame(reason) ?? reason, host)
    }
  }

  /** The local address from which to reach `host`; of a name the family is not known. */
  #localTo(host: string): string | undefined {
    const family = isIP(host)
    return this.#bind.find((one) => family === 0 || isIP(one) === family) ?? this.#bind[0]
  }
}

/** Resolves once the proxy has connected us, or with why it does not. */
async function negotiate(
  socket: Socket,
  handshake: SocksHandshake,
  signal: AbortSignal,
): Promise<ErrorCode | undefined> {
  socket.write(handshake.greeting())
  for (;;) {
    await once(socket, 'readable', { signal })
    const bytes: Buffer | null = socket.read()
    if (bytes === null) throw new Error('it has ended')
    const step = handshake.receive(plainBytes(bytes))
    if (step.kind === 'failed') return step.reason
    if (step.kind === 'say') socket.write(step.bytes)
    else if (step.kind === 'open') {
      if (step.rest.length > 0) socket.unshift(step.rest)
      return undefined
    }
  }
}

function local(host: string | undefined): { localAddress?: string } {
  return host === undefined ? {} : { localAddress: host }
}

function failure(code: ErrorCode, host: string): LodestoneError {
  return new LodestoneError('network', code, `${host} could not be reached (${code}).`)
}
