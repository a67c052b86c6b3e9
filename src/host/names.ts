import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type Address, parseAddress } from '../core/address.ts'
import type { NamesPort, Ticket } from '../session/ports.ts'
import type { Inbox } from './inbox.ts'
import { errno } from './network-failure.ts'
import { now } from './now.ts'

/** How often addresses are looked at. */
const LOOK_MS = 5_000

/** The system's resolver, both families, and the addresses of its interfaces. */
export class HostNames implements NamesPort {
  readonly #inbox: Inbox
  readonly #looksUp: boolean
  readonly #looking = new Set<NodeJS.Timeout>()

  /** `looksUp` false: whoever watches the network must not see a name that is asked for. */
  constructor(inbox: Inbox, looksUp: boolean) {
    this.#inbox = inbox
    this.#looksUp = looksUp
  }

  resolve(ticket: Ticket, host: string, port: number): void {
    const found = this.#looksUp ? addressesOf(host, port) : Promise.reject(new Error())
    this.#inbox.settle(ticket, found, (error) => ({
      code: 'network/name',
      message: this.#looksUp
        ? `The name ${host} could not be looked up (${errno(error) || String(error)}).`
        : `The name ${host} is not looked up, since that would pass the proxy by; give its address.`,
    }))
  }

  own(ticket: Ticket): void {
    this.#inbox.settle(ticket, Promise.resolve(ownAddresses()), (error) => ({
      code: 'network/failed',
      message: String(error),
    }))
  }

  /** The runtime tells nobody of it, so it is looked, as long as somebody wants to know. */
  changed(ticket: Ticket): void {
    const before = wordOf(ownAddresses())
    const timer = setInterval(() => {
      const own = ownAddresses()
      if (wordOf(own) === before) return
      this.#stopLooking(timer)
      this.#inbox.inputs.completed(now(), ticket, { ok: true, value: own })
    }, LOOK_MS)
    this.#looking.add(timer)
  }

  close(): void {
    for (const timer of this.#looking) this.#stopLooking(timer)
  }

  #stopLooking(timer: NodeJS.Timeout): void {
    clearInterval(timer)
    this.#looking.delete(timer)
  }
}

function ownAddresses(): Address[] {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .map(({ address }) => parseAddress(address, 0))
    .filter((address) => address !== undefined)
}

function wordOf(addresses: readonly Address[]): string {
  return addresses
    .map(({ host }) => host)
    .sort()
    .join(' ')
}

async function addressesOf(host: string, port: number): Promise<readonly Address[]> {
  const found = await lookup(host, { all: true, verbatim: true }).catch((error: unknown) => {
    if (errno(error) === 'ENOTFOUND' || errno(error) === 'ENODATA') return []
    throw error
  })
  const addresses = found.map(({ address }) => parseAddress(address, port))
  return addresses.filter((address) => address !== undefined)
}
