import { type Address, parseAddress, withPort } from '../../src/core/address.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Handle } from '../../src/session/ports.ts'
import type { Site } from './site.ts'
import type { StreamEnd } from './stream-end.ts'

/** Ports that a host gives out by itself (Linux: 32768 to 60999). */
export const FIRST_EPHEMERAL_PORT = 32_768
export const EPHEMERAL_PORTS = 28_232
/** Streams that were answered and are not accepted yet: what our host asks of the kernel (`src/host/tcp.ts`). */
const BACKLOG = 4096

/** A place where streams may be opened. */
export class Listener {
  readonly site: Site
  readonly handle: Handle
  readonly address: Address
  /** Its own endpoint, where `address` may be a wildcard. */
  readonly local: Address
  /** Makes the end for an accepted stream. */
  readonly admit: () => StreamEnd
  open = true
  /** Streams that were answered and of which the machine has not heard. */
  waiting = 0

  constructor(site: Site, handle: Handle, address: Address, local: Address, admit: () => StreamEnd) {
    this.site = site
    this.handle = handle
    this.address = address
    this.local = local
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
    let local = site.bindable(host, port)
    if (local === undefined) return 'network/no-address'
    for (let next = FIRST_EPHEMERAL_PORT + EPHEMERAL_PORTS; local.port === 0; next++) {
      const candidate = withPort(local, next)
      if (this.at(site, candidate) === undefined) local = candidate
    }
    if (this.at(site, local) !== undefined) return 'network/port-taken'
    const listener = new Listener(site, handle, parseAddress(host, local.port)!, local, admit)
    this.#bound.set(keyOf(site, local), listener)
    return listener
  }

  unlisten(listener: Listener): void {
    listener.open = false
    this.#bound.delete(keyOf(listener.site, listener.local))
  }

  at(site: Site, local: Address): Listener | undefined {
    return this.#bound.get(keyOf(site, local))
  }
}

/** Private addresses are there more than once, so the site belongs to it. */
function keyOf(site: Site, local: Address): string {
  return `${site.index} ${local.text}`
}
