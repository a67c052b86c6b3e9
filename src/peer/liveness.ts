import type { Micros } from '../core/time.ts'
import type { WireReason } from './close-reasons.ts'
import type { PeerOptions } from './options.ts'
import type { Outbox } from './outbox.ts'

/** Whether both ends still live (BEP 3: two minutes), and when to say that we do. */
export class Liveness {
  readonly #options: PeerOptions
  readonly #outbox: Outbox
  #heardAt: Micros

  constructor(now: Micros, options: PeerOptions, outbox: Outbox) {
    this.#options = options
    this.#outbox = outbox
    this.#heardAt = now
  }

  /** Bytes of any kind have arrived. */
  heard(now: Micros): void {
    this.#heardAt = now
  }

  get deadline(): Micros {
    const { idleTimeout, sendTimeout, keepAliveAfter } = this.#options
    const waiting = this.#outbox.unsent > 0
    const own = waiting ? this.#outbox.movedAt + sendTimeout : this.#outbox.spokeAt + keepAliveAfter
    return Math.min(this.#heardAt + idleTimeout, own)
  }

  /** What is due: the reason to close, or a keep-alive. */
  check(now: Micros): WireReason | 'keep-alive' | undefined {
    if (now < this.deadline) return undefined
    if (now >= this.#heardAt + this.#options.idleTimeout) return 'wire/timeout-idle'
    return this.#outbox.unsent > 0 ? 'wire/timeout-send' : 'keep-alive'
  }
}
