import type { Micros } from '../../core/time.ts'
import type { Pulse } from '../asking/pulse.ts'
import type { DhtEffects } from '../dht-init.ts'
import type { Bootstrap } from '../entry/bootstrap.ts'
import type { Identity } from './identity.ts'
import { type NetworkState, sameNetwork } from './network-state.ts'
import type { Reachability } from './reachability.ts'

interface NetworkWatchParts {
  readonly pulse: Pulse
  readonly reachability: Reachability
}

/** Puts together what the parts of a node know of its network, and tells when that is something else than before. */
export class NetworkWatch {
  readonly #parts: NetworkWatchParts
  readonly #bootstrap: Bootstrap
  readonly #identity: Identity
  readonly #effects: DhtEffects
  #told: NetworkState | undefined

  constructor(parts: NetworkWatchParts, bootstrap: Bootstrap, identity: Identity, effects: DhtEffects) {
    this.#parts = parts
    this.#bootstrap = bootstrap
    this.#identity = identity
    this.#effects = effects
    this.#told = this.state(0)
  }

  state(now: Micros): NetworkState {
    const { pulse, reachability } = this.#parts
    const isWell = this.#bootstrap.joined && !pulse.isFaint
    return {
      status: pulse.isOffline ? 'offline' : isWell ? 'online' : 'degraded',
      external: this.#identity.external,
      reachable: reachability.isReachable(now),
      readOnly: reachability.isReadOnly,
    }
  }

  felt(now: Micros): void {
    const state = this.state(now)
    if (this.#told === undefined || sameNetwork(this.#told, state)) return
    this.#told = state
    this.#effects.event({ kind: 'network', state })
  }

  /** Nothing is told from here on. */
  stop(): void {
    this.#told = undefined
  }
}
