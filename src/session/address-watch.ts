import type { Address } from '../core/address.ts'
import type { Failure, NamesPort } from './ports.ts'
import type { Tickets } from './tickets.ts'

export interface AddressWatchInit {
  readonly names: NamesPort
  readonly tickets: Tickets
  /** Those that the user bound to. */
  readonly bound: readonly Address[]
  warn(warning: Failure): void
}

/**
 * Tells when an address that was bound to has gone, and when it is back. Nothing else is done: sockets bound to it reach nobody meanwhile,
 * and that is what was asked for.
 */
export class AddressWatch {
  readonly #init: AddressWatchInit
  readonly #gone = new Set<string>()

  constructor(init: AddressWatchInit) {
    this.#init = init
    this.#wait()
  }

  #wait(): void {
    const { names, tickets } = this.#init
    names.changed?.(tickets.issue((_now, own) => this.#changed(own as readonly Address[])))
  }

  #changed(own: readonly Address[]): void {
    const there = new Set(own.map(({ host }) => host))
    for (const host of new Set(this.#init.bound.map((address) => address.host))) {
      if (there.has(host) === !this.#gone.has(host)) continue
      if (there.has(host)) {
        this.#gone.delete(host)
        this.#init.warn({
          code: 'network/address-back',
          message: `This machine has the address ${host} again.`,
        })
      } else {
        this.#gone.add(host)
        const message = `This machine has the address ${host} no more: nothing goes in or out by it, nor by another one in its place, until it is back or you start again.`
        this.#init.warn({ code: 'network/address-gone', message })
      }
    }
    this.#wait()
  }
}
