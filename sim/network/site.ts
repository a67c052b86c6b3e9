import { type Address, isWildcard, parseAddress } from '../../src/core/address.ts'
import type { Rng } from '../../src/core/rng.ts'
import type { Inputs } from '../../src/session/ports.ts'
import type { Impairment } from './impairment.ts'
import type { Position } from './latency.ts'
import { Link, type LinkRates } from './links.ts'
import type { NatBox } from './nat-box.ts'

/**
 * How a place meets packets: `open` answers; `silent` swallows everything (switched off, or behind a firewall); `resets`
 * opens streams and breaks them at once.
 */
export type Manner = 'open' | 'silent' | 'resets'

export interface SiteInit {
  /** From 1; also the site's number as a source and destination of events. */
  readonly index: number
  /** Literal addresses of its own, at most one of a family and at least one. */
  readonly hosts: readonly string[]
  readonly position: Position
  readonly rates: LinkRates
  /** Draws of loss and jitter for what this place sends, and of what befalls it on the last mile. */
  readonly noise: Rng
  /** What stands between its IPv4 address and the rest; IPv6 is not translated. */
  readonly nat?: NatBox | undefined
}

/** A place in the network where a machine may live. */
export abstract class Site {
  readonly index: number
  readonly hosts: readonly string[]
  readonly position: Position
  readonly up: Link
  readonly down: Link
  readonly noise: Rng
  readonly nat: NatBox | undefined
  manner: Manner = 'open'
  /** What befalls datagrams that leave here, and those that come in; beside what the network does to all. */
  outward: Impairment | undefined = undefined
  inward: Impairment | undefined = undefined
  /** Datagrams and their bytes (without headers) that the machine sent, and those that it was handed. */
  datagramsOut = 0
  bytesOut = 0
  datagramsIn = 0
  bytesIn = 0

  constructor({ index, hosts, position, rates, noise, nat }: SiteInit) {
    this.index = index
    this.hosts = hosts
    this.position = position
    this.up = new Link(rates.up)
    this.down = new Link(rates.down)
    this.noise = noise
    this.nat = nat
  }

  /** The machine that lives here, if one runs. */
  abstract get inputs(): Inputs | undefined

  /** The first of its addresses. */
  get host(): string {
    return this.hosts[0]!
  }

  /** Its own endpoint for packets that leave by `family`, before any translation. */
  endpoint(family: 4 | 6, port: number): Address | undefined {
    for (const host of this.hosts) {
      const address = parseAddress(host, port)!
      if (address.family === family) return address
    }
    return undefined
  }

  /** What binding to `host`, an address of its own or the wildcard of a family that it has, stands for. */
  bindable(host: string, port: number): Address | undefined {
    if (this.hosts.includes(host)) return parseAddress(host, port)
    const wanted = parseAddress(host, port)
    return wanted !== undefined && isWildcard(wanted) ? this.endpoint(wanted.family, port) : undefined
  }
}
