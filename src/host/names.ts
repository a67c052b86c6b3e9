import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type Address, parseAddress } from '../core/address.ts'
import type { NamesPort, Ticket } from '../session/ports.ts'
import type { Inbox } from './inbox.ts'
import { errno } from './network-failure.ts'

/** The system's resolver, both families, and the addresses of its interfaces. */
export class HostNames implements NamesPort {
  readonly #inbox: Inbox
  readonly #looksUp: boolean

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
    const addresses = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .map(({ address }) => parseAddress(address, 0))
      .filter((address) => address !== undefined)
    this.#inbox.settle(ticket, Promise.resolve(addresses), (error) => ({
      code: 'network/failed',
      message: String(error),
    }))
  }
}

async function addressesOf(host: string, port: number): Promise<readonly Address[]> {
  const found = await lookup(host, { all: true, verbatim: true }).catch((error: unknown) => {
    if (errno(error) === 'ENOTFOUND' || errno(error) === 'ENODATA') return []
    throw error
  })
  const addresses = found.map(({ address }) => parseAddress(address, port))
  return addresses.filter((address) => address !== undefined)
}
