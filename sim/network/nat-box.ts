import { type Address, parseAddress } from '../../src/core/address.ts'
import { type Micros, SECOND } from '../../src/core/time.ts'
import { insideHostOf } from './addresses.ts'
import type { Position } from './latency.ts'
import { type Dependence, Translation } from './translation.ts'

export type Protocol = 'udp' | 'tcp'

export interface NatOptions {
  readonly mapping: Dependence
  readonly filtering: Dependence
  /** How long a UDP mapping lasts, in microseconds (30 to 300 s are seen; RFC 4787 asks for 120 s at least). */
  readonly timeout: Micros
  readonly inboundRenews: boolean
  /** Whether the inside port is kept where it is free. */
  readonly preserve: boolean
  /** Whether hosts inside reach each other by their outside addresses. */
  readonly hairpin: boolean
  /** A carrier's: its inside is 100.64.0.0/10 instead of 10.0.0.0/8. */
  readonly carrier: boolean
  /** How many outside ports there are, from 1024 up. */
  readonly ports: number
}

/** The commonest box at home: keeps ports, lets in whom its hosts have sent to (a "port restricted cone"), no hairpins. */
const NAT_DEFAULTS: NatOptions = Object.freeze({
  mapping: 'none',
  filtering: 'address-and-port',
  timeout: 120 * SECOND,
  inboundRenews: false,
  preserve: true,
  hairpin: false,
  carrier: false,
  ports: 64_512,
})

const FIRST_PORT = 1_024
/** 2 hours and 4 minutes: RFC 5382, REQ-5. */
const TCP_TIMEOUT: Micros = 7_440 * SECOND
/** Boxes have numbers of their own above all hosts', so that pairs with them have a noise of their own. */
const FIRST_INDEX = 0x4000_0000

/**
 * A network address translator (RFC 4787, RFC 5382) with one outside address. Boxes nest: one at home may stand behind a
 * carrier's.
 */
export class NatBox {
  readonly index: number
  readonly position: Position
  /** Its outside address; a private one when it stands behind another box. */
  readonly host: string
  readonly behind: NatBox | undefined
  readonly hairpin: boolean
  readonly #carrier: boolean
  readonly #tables: Record<Protocol, Translation>
  #admitted = 0

  /** `index` from 0; `host` is its address outside. */
  constructor(
    index: number,
    host: string,
    position: Position,
    behind: NatBox | undefined,
    options: Partial<NatOptions>,
  ) {
    const { hairpin, carrier, ports, ...rules } = { ...NAT_DEFAULTS, ...options }
    this.index = FIRST_INDEX + index
    this.host = host
    this.position = position
    this.behind = behind
    this.hairpin = hairpin
    this.#carrier = carrier
    const outside = parseAddress(host, 0)!
    const table = { ...rules, firstPort: FIRST_PORT, ports }
    this.#tables = {
      udp: new Translation(table, outside),
      tcp: new Translation({ ...table, timeout: TCP_TIMEOUT }, outside),
    }
  }

  /** The next free address inside. */
  nextHost(): string {
    this.#admitted += 1
    return insideHostOf(this.#admitted, this.#carrier)
  }

  /** How `remote` sees what `inside` sends; `undefined` when no port is left. */
  outbound(protocol: Protocol, inside: Address, remote: Address, now: Micros): Address | undefined {
    return this.#tables[protocol].outbound(inside, remote, now)
  }

  /** The inside endpoint for which a packet to outside `port` is; `undefined` when it is not let in. */
  inbound(protocol: Protocol, port: number, remote: Address, now: Micros): Address | undefined {
    return this.#tables[protocol].inbound(port, remote, now)
  }

  /** Outside ports in use. */
  mappings(protocol: Protocol): number {
    return this.#tables[protocol].size
  }
}
