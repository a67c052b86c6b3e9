import { networkInterfaces } from 'node:os'
import { parseAddress } from '../../core/address.ts'
import { SECOND } from '../../core/time.ts'
import type { MappedPort, MappingPort, Ticket } from '../../session/ports.ts'
import type { Inbox } from '../inbox.ts'
import { defaultGateways } from './default-gateways.ts'
import type { Gateway, Mapping, MapRequest } from './gateway.ts'
import { IgdGateway } from './igd-gateway.ts'
import { PcpGateway } from './pcp-gateway.ts'
import { type SearchPlace, searchGateways } from './ssdp.ts'

/** Where gateways are looked for. */
export interface GatewayPlaces {
  /** Literal addresses to ask by PCP, and their port. */
  gateways(): Promise<readonly string[]>
  readonly pcpPort: number
  /** The group to ask by UPnP, and the local addresses by which. */
  readonly ssdp: SearchPlace
  readonly interfaces?: readonly string[]
  /** Nobody stands in between. */
  isPublic(): boolean
}

const PLACES: GatewayPlaces = {
  gateways: defaultGateways,
  pcpPort: 5351,
  ssdp: { host: '239.255.255.250', port: 1900 },
  isPublic,
}

/** For one mapping, whatever gateways do; and for taking all of them back, when somebody waits for us to leave. */
const MAP_TIMEOUT_MS = 20_000
const UNMAP_TIMEOUT_MS = 2_000

type Ports = Pick<MapRequest, 'protocol' | 'port' | 'wanted'>

/** Has gateways hand on what comes to their ports: one after another, by PCP or NAT-PMP where that is answered, else by UPnP. */
export class HostMapping implements MappingPort {
  readonly #inbox: Inbox
  readonly #places: GatewayPlaces
  /** That which did it last. */
  #gateway: Gateway | undefined
  readonly #mapped = new Map<string, { readonly gateway: Gateway; readonly ports: Ports }>()
  #leaving = new AbortController()
  #line: Promise<unknown> = Promise.resolve()

  constructor(inbox: Inbox, places: GatewayPlaces = PLACES) {
    this.#inbox = inbox
    this.#places = places
  }

  map(ticket: Ticket, protocol: 'tcp' | 'udp', port: number, wanted: number): void {
    const leaving = this.#leaving.signal
    const mapping = this.#line.then(() => {
      const signal = AbortSignal.any([leaving, AbortSignal.timeout(MAP_TIMEOUT_MS)])
      return this.#map({ protocol, port, wanted, signal })
    })
    this.#line = mapping.catch(() => {})
    this.#inbox.settle(ticket, mapping, (error) => ({
      code: 'network/not-mapped',
      message: `No gateway hands on ${protocol.toUpperCase()} port ${port} (${error instanceof Error ? error.message : error}).`,
    }))
  }

  unmap(ticket: Ticket): void {
    this.#inbox.settle(ticket, this.#unmapAll(), (error) => ({
      code: 'network/not-mapped',
      message: String(error),
    }))
  }

  /** Ends what is under way. */
  close(): void {
    this.#leaving.abort(new Error('it was closed'))
  }

  async #map(request: MapRequest): Promise<MappedPort> {
    if (this.#places.isPublic()) throw new Error('this machine has a public address itself')
    let last: unknown
    for await (const gateway of this.#candidates(request.signal)) {
      try {
        const mapping = await gateway.map(request)
        this.#gateway = gateway
        const { protocol, port } = request
        this.#mapped.set(protocol, { gateway, ports: { protocol, port, wanted: mapping.port } })
        return mappedPort(mapping)
      } catch (error) {
        request.signal.throwIfAborted()
        if (this.#gateway === gateway) this.#gateway = undefined
        last = error
      }
    }
    throw last ?? new Error('there is none')
  }

  async *#candidates(signal: AbortSignal): AsyncGenerator<Gateway> {
    const known = this.#gateway
    if (known !== undefined) yield known
    const { pcpPort, ssdp, interfaces } = this.#places
    for (const host of await this.#places.gateways()) yield new PcpGateway(host, pcpPort)
    for (const location of await searchGateways(ssdp, signal, interfaces)) yield new IgdGateway(location)
  }

  async #unmapAll(): Promise<undefined> {
    this.#leaving.abort(new Error('it was taken back'))
    this.#leaving = new AbortController()
    await this.#line
    const signal = AbortSignal.timeout(UNMAP_TIMEOUT_MS)
    const mapped = [...this.#mapped.values()]
    this.#mapped.clear()
    await Promise.allSettled(mapped.map(({ gateway, ports }) => gateway.unmap({ ...ports, signal })))
    return undefined
  }
}

function mappedPort({ host, port, lifetime }: Mapping): MappedPort {
  return {
    port,
    address: host === undefined ? undefined : parseAddress(host, port),
    lifetime: lifetime * SECOND,
  }
}

function isPublic(): boolean {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .some(({ family, address }) => family === 'IPv4' && parseAddress(address, 1)?.scope === 'global')
}
