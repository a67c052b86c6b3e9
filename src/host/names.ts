import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type Address, parseAddress } from '../core/address.ts'
import type { NamesPort, Ticket } from '../session/ports.ts'
import type { Inbox } from './inbox.ts'
import { errno } from './network-failure.ts'

/** The system's resolver, both families, and the addresses of its interfaces. */
export class HostNames implements NamesPort {
  readonly #inbox: Inbox

  constructor(inbox: Inbox) {
    this.#inbox = inbox
  }

  resolve(ticket: Ticket, host: string, port: number): void {
    this.#inbox.settle(ticket, addressesOf(host, port), (error) => ({
      code: 'network/name',
      message: `The name ${host} could not be looked up (${errno(error) || String(error)}).`,
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
