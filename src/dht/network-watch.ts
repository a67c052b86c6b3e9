import type { Address } from '../core/address.ts'
import type { Micros } from '../core/time.ts'
import { type NetworkState, sameNetwork } from './network-state.ts'
import type { Pulse } from './pulse.ts'
import type { Reachability } from './reachability.ts'

interface NetworkWatchParts {
  readonly pulse: Pulse
  readonly reachability: Reachability
}

/** Puts together what the parts of a node know of its network, and tells when that is something else than before. */
export class NetworkWatch {
  readonly #parts: NetworkWatchParts
  readonly #isJoined: () => boolean
  readonly #external: () => Address | undefined
  readonly #tell: (state: NetworkState) => void
  #told: NetworkState

  constructor(
    parts: NetworkWatchParts,
    isJoined: () => boolean,
    external: () => Address | undefined,
    tell: (state: NetworkState) => void,
  ) {
    this.#parts = parts
    this.#isJoined = isJoined
    this.#external = external
    this.#tell = tell
    const { isReadOnly } = parts.reachability
    this.#told = { status: 'degraded', external: undefined, reachable: undefined, readOnly: isReadOnly }
  }

  state(now: Micros): NetworkState {
    const { pulse, reachability } = this.#parts
    const isWell = this.#isJoined() && !pulse.isFaint
    return {
      status: pulse.isOffline ? 'offline' : isWell ? 'online' : 'degraded',
      external: this.#external(),
      reachable: reachability.isReachable(now),
      readOnly: reachability.isReadOnly,
    }
  }

  felt(now: Micros): void {
    const state = this.state(now)
    if (sameNetwork(this.#told, state)) return
    this.#told = state
    this.#tell(state)
  }
}
