import type { ErrorCode } from '../core/errors.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import type { SessionEvent } from './events.ts'

/** Nobody is called around a proxy that fails: without these nobody would know why there are no peers. */
const SENTENCES: Readonly<Record<ErrorCode, string>> = {
  'network/proxy-unreachable': 'The proxy cannot be reached: see whether it runs, and what --proxy says.',
  'network/proxy-silent': 'The proxy does not answer in time: see whether it is overloaded.',
  'network/proxy-denied':
    'The proxy does not let us in: it wants another name and password than --proxy has.',
  'network/proxy-forbidden': 'The proxy does not connect us to some or all: its rules forbid it.',
  'network/proxy-foreign': 'What answers at the address of --proxy is no SOCKS5 proxy that can connect us.',
  'network/proxy-ended': 'The proxy hangs up before it has connected us: see what it writes in its log.',
}

/** What is said of a proxy that does not do its part: each trouble at first, and once a minute while it lasts. */
export class ProxyTrouble {
  readonly #emit: (event: SessionEvent) => void
  readonly #said = new Map<ErrorCode, Micros>()

  constructor(emit: (event: SessionEvent) => void) {
    this.#emit = emit
  }

  /** A stream or a call has ended for this reason, which may have nothing to do with a proxy. */
  ended(now: Micros, reason: ErrorCode): void {
    const message = SENTENCES[reason]
    if (message === undefined) return
    const said = this.#said.get(reason)
    if (said !== undefined && now < said + MINUTE) return
    this.#said.set(reason, now)
    this.#emit({ kind: 'warning', torrent: undefined, code: reason, message })
  }
}
