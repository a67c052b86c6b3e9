import type { Address } from '../../src/core/address.ts'
import { nodeIdFor } from '../../src/core/node-id.ts'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import { DhtNode } from '../../src/dht/dht-node.ts'
import type { DhtOptions } from '../../src/dht/options.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { Probe } from '../../src/probe/probe.ts'
import type { ProbeOptions } from '../../src/probe/probe-options.ts'
import type { RuleResult, Score } from '../../src/probe/score.ts'
import { SOURCE_NAMES, type SourceName } from '../../src/probe/sources.ts'
import { dice } from './dice.ts'
import { OWN_ID } from './lone-node.ts'

export interface VirtualProbeInit {
  readonly target: Address
  readonly sources: Readonly<Record<SourceName, Address>>
  readonly options?: Partial<ProbeOptions>
  readonly dht?: Partial<DhtOptions>
  /** Stands between: what becomes of a datagram on its way to the node; `undefined`: it is lost. */
  readonly between?: (bytes: Uint8Array, now: Micros, source: SourceName) => Uint8Array | undefined
  /** The same on the way back. */
  readonly back?: (bytes: Uint8Array) => Uint8Array
}

/** What a datagram takes from one to the other. */
const LATENCY = 20 * MILLISECOND

/** The probe against one of our nodes in virtual time, to its end. */
export class VirtualProbe {
  readonly results: RuleResult[] = []
  score: Score | undefined
  now: Micros = 0
  readonly #queue: { readonly at: Micros; readonly run: () => void }[] = []

  constructor({
    target,
    sources,
    options,
    dht,
    between = (bytes) => bytes,
    back = (bytes) => bytes,
  }: VirtualProbeInit) {
    const send = (run: (bytes: Uint8Array) => void, bytes: Uint8Array): void => {
      const copy = bytes.slice()
      this.#queue.push({ at: this.now + LATENCY, run: () => run(copy) })
    }
    const node = new DhtNode({
      now: 0,
      family: target.family,
      id: target.scope === 'global' ? nodeIdFor(target, dice(3)) : OWN_ID,
      secret: dice(1),
      dice: dice(2),
      crypto: nodeCrypto,
      effects: {
        reserve: (length) => new Uint8Array(length),
        send: (to, bytes) => {
          const source = SOURCE_NAMES.find((name) => sources[name] === to)
          if (source !== undefined) send((copy) => probe.receive(this.now, source, target, back(copy)), bytes)
        },
        event: () => {},
      },
      ...(dht === undefined ? {} : { options: dht }),
    })
    let over = false
    const probe = new Probe({
      now: 0,
      target,
      sources: new Map(SOURCE_NAMES.map((name) => [name, sources[name]])),
      rng: dice(7),
      crypto: nodeCrypto,
      effects: {
        send: (source, bytes) =>
          send((copy) => {
            const passed = between(copy, this.now, source)
            if (passed !== undefined) node.receive(this.now, sources[source], passed)
          }, bytes),
        result: (result) => this.results.push(result),
        done: (score) => {
          this.score = score
          over = true
        },
      },
      ...(options === undefined ? {} : { options }),
    })
    while (!over) {
      const queued = this.#queue[0]?.at ?? Number.POSITIVE_INFINITY
      const next = Math.min(queued, node.nextDeadline(), probe.nextDeadline())
      this.now = Math.max(this.now, next)
      if (queued === next) this.#queue.shift()!.run()
      else if (probe.nextDeadline() === next) probe.tick(this.now)
      else node.tick(this.now)
    }
  }
}
