import { type Address, parseAddress } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Handle } from '../../src/session/ports.ts'
import type { Site } from './network.ts'
import type { StreamEnd } from './stream-end.ts'

/** Ports that a host gives out by itself (Linux: 32768 to 60999). */
export const FIRST_EPHEMERAL_PORT = 32_768
export const EPHEMERAL_PORTS = 28_232
/** Streams that were answered and are not accepted yet: what Node.js asks of the kernel. */
const BACKLOG = 511

/** A place where streams may be opened. */
export class Listener {
  readonly site: Site
  readonly handle: Handle
  readonly address: Address
  readonly seenAs: Address
  /** Makes the end for an accepted stream. */
  readonly admit: () => StreamEnd
  open = true
  /** Streams that were answered and of which the machine has not heard. */
  waiting = 0

  constructor(site: Site, handle: Handle, address: Address, seenAs: Address, admit: () => StreamEnd) {
    this.site = site
    this.handle = handle
    this.address = address
    this.seenAs = seenAs
    this.admit = admit
  }

  get isFull(): boolean {
    return this.waiting >= BACKLOG
  }
}

/** All listeners of a world. */
export class Listeners {
  readonly #bound = new Map<string, Listener>()

  /** The bound listener, or why there is none. */
  listen(
    site: Site,
    handle: Handle,
    host: string,
    port: number,
    admit: () => StreamEnd,
  ): Listener | ErrorCode {
    if (host !== site.host && host !== '0.0.0.0') return 'network/no-address'
    let chosen = port
    for (let next = FIRST_EPHEMERAL_PORT + EPHEMERAL_PORTS; chosen === 0; next++) {
      if (!this.#bound.has(parseAddress(site.host, next)!.text)) chosen = next
    }
    const seenAs = parseAddress(site.host, chosen)!
    if (this.#bound.has(seenAs.text)) return 'network/port-taken'
    const listener = new Listener(site, handle, parseAddress(host, chosen)!, seenAs, admit)
    this.#bound.set(seenAs.text, listener)
    return listener
  }

  unlisten(listener: Listener): void {
    listener.open = false
    this.#bound.delete(listener.seenAs.text)
  }

  at(address: Address): Listener | undefined {
    return this.#bound.get(address.text)
  }
}
