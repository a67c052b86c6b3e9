import { type Address, withPort } from '../../src/core/address.ts'
import type { Micros } from '../../src/core/time.ts'

/** On what of the remote something depends: RFC 4787's endpoint-independent, address-dependent, address- and port-dependent. */
export type Dependence = 'none' | 'address' | 'address-and-port'

export interface TranslationRules {
  /** What one inside endpoint gets a port of its own for. */
  readonly mapping: Dependence
  /** From whom packets are let in: anybody, or whom the inside endpoint has sent to. */
  readonly filtering: Dependence
  /** How long a mapping and a permission last after the last packet outwards, in microseconds. */
  readonly timeout: Micros
  /** Whether packets inwards renew them too (RFC 4787, REQ-6: they may). */
  readonly inboundRenews: boolean
  /** Whether the inside port is kept where it is free. */
  readonly preserve: boolean
  readonly firstPort: number
  readonly ports: number
}

/** What one inside endpoint has had translated. */
interface Endpoint {
  readonly inside: Address
  readonly mappings: Map<string, Mapping>
  /** Remotes that were sent to, with when last; empty where everybody is let in. */
  readonly permits: Map<string, Micros>
}

interface Mapping {
  readonly endpoint: Endpoint
  readonly key: string
  readonly outside: Address
  usedAt: Micros
}

const FIRST_SWEEP = 1_024
/** How long a table found full stays so: looking for expired mappings at every packet would take a walk each. */
const FULL_FOR: Micros = 1_000_000

/** A translator's table for one protocol: outside ports for inside endpoints, and who may come in by them. */
export class Translation {
  readonly #rules: TranslationRules
  readonly #outside: Address
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #byPort = new Map<number, Mapping>()
  #nextPort: number
  #fullUntil: Micros = 0
  /** Mappings and permissions made since the last sweep, and how many call for the next. */
  #made = 0
  #sweepAfter = FIRST_SWEEP

  /** `outside`: the address that all share; its port does not matter. */
  constructor(rules: TranslationRules, outside: Address) {
    this.#rules = rules
    this.#outside = outside
    this.#nextPort = rules.firstPort
  }

  /** Ports in use, those that expired unnoticed among them. */
  get size(): number {
    return this.#byPort.size
  }

  /** How `remote` sees what `inside` sends it; `undefined` when there is no port left. */
  outbound(inside: Address, remote: Address, now: Micros): Address | undefined {
    const { mapping, filtering } = this.#rules
    const endpoint = this.#endpoint(inside)
    const key = keyOf(mapping, remote)
    let found = endpoint.mappings.get(key)
    if (found === undefined || this.#isOver(found.usedAt, now)) {
      if (found !== undefined) this.#remove(found)
      const outside = this.#allocate(inside.port, now)
      if (outside === undefined) return undefined
      found = { endpoint, key, outside, usedAt: now }
      endpoint.mappings.set(key, found)
      this.#endpoints.set(inside.text, endpoint)
      this.#byPort.set(outside.port, found)
      this.#grew(now)
    }
    found.usedAt = now
    if (filtering !== 'none') {
      const permit = keyOf(filtering, remote)
      if (!endpoint.permits.has(permit)) this.#grew(now)
      endpoint.permits.set(permit, now)
    }
    return found.outside
  }

  /** For whom a packet from `remote` to outside port `port` is; `undefined` when it is not let in. */
  inbound(port: number, remote: Address, now: Micros): Address | undefined {
    const mapping = this.#byPort.get(port)
    if (mapping === undefined || this.#isOver(mapping.usedAt, now)) return undefined
    const { filtering, inboundRenews } = this.#rules
    const { inside, permits } = mapping.endpoint
    if (filtering !== 'none') {
      const permit = keyOf(filtering, remote)
      const since = permits.get(permit)
      if (since === undefined || this.#isOver(since, now)) return undefined
      if (inboundRenews) permits.set(permit, now)
    }
    if (inboundRenews) mapping.usedAt = now
    return inside
  }

  #endpoint(inside: Address): Endpoint {
    return this.#endpoints.get(inside.text) ?? { inside, mappings: new Map(), permits: new Map() }
  }

  #isOver(since: Micros, now: Micros): boolean {
    return now - since >= this.#rules.timeout
  }

  #remove(mapping: Mapping): void {
    this.#byPort.delete(mapping.outside.port)
    mapping.endpoint.mappings.delete(mapping.key)
  }

  #allocate(insidePort: number, now: Micros): Address | undefined {
    const { preserve, firstPort, ports } = this.#rules
    if (
      preserve &&
      insidePort >= firstPort &&
      insidePort < firstPort + ports &&
      this.#isFree(insidePort, now)
    ) {
      return withPort(this.#outside, insidePort)
    }
    if (this.#byPort.size >= ports) {
      if (now < this.#fullUntil) return undefined
      this.#sweep(now)
      if (this.#byPort.size >= ports) {
        this.#fullUntil = now + FULL_FOR
        return undefined
      }
    }
    for (;;) {
      const port = this.#nextPort
      this.#nextPort = port + 1 < firstPort + ports ? port + 1 : firstPort
      if (this.#isFree(port, now)) return withPort(this.#outside, port)
    }
  }

  #isFree(port: number, now: Micros): boolean {
    const holder = this.#byPort.get(port)
    if (holder === undefined) return true
    if (!this.#isOver(holder.usedAt, now)) return false
    this.#remove(holder)
    return true
  }

  #grew(now: Micros): void {
    this.#made += 1
    if (this.#made > this.#sweepAfter) this.#sweep(now)
  }

  /** Forgets what is over; the next sweep comes when as much again was made, so each entry pays for its share of one. */
  #sweep(now: Micros): void {
    let kept = 0
    for (const [text, { mappings, permits }] of this.#endpoints) {
      for (const mapping of mappings.values()) if (this.#isOver(mapping.usedAt, now)) this.#remove(mapping)
      for (const [remote, since] of permits) if (this.#isOver(since, now)) permits.delete(remote)
      if (mappings.size === 0) this.#endpoints.delete(text)
      kept += mappings.size + permits.size
    }
    this.#made = 0
    this.#sweepAfter = Math.max(FIRST_SWEEP, kept)
  }
}

function keyOf(dependence: Dependence, remote: Address): string {
  if (dependence === 'none') return ''
  return dependence === 'address' ? remote.host : remote.text
}
