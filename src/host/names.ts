import { lookup } from 'node:dns/promises'
import { type Address, parseAddress } from '../core/address.ts'
import type { NamesPort, Ticket } from '../session/ports.ts'
import type { Inbox } from './inbox.ts'
import { errno } from './network-failure.ts'

/** The system's resolver, both families. */
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
}

async function addressesOf(host: string, port: number): Promise<readonly Address[]> {
  const found = await lookup(host, { all: true, verbatim: true }).catch((error: unknown) => {
    if (errno(error) === 'ENOTFOUND' || errno(error) === 'ENODATA') return []
    throw error
  })
  const addresses = found.map(({ address }) => parseAddress(address, port))
  return addresses.filter((address) => address !== undefined)
}
