import type { Micros } from '../../src/core/time.ts'
import type { Stage } from '../experiment/stage.ts'
import type { Accuse, Invariant } from './invariant.ts'

/** Nobody receives what nobody sent: of streams, and of datagrams. */
export class ByteBalance implements Invariant {
  readonly name = 'received at most what was sent'
  readonly #stage: Stage<unknown>
  readonly #accuse: Accuse

  constructor(stage: Stage<unknown>, accuse: Accuse) {
    this.#stage = stage
    this.#accuse = accuse
  }

  inspect(): void {}

  survey(_now: Micros): void {
    const { world } = this.#stage
    let [sent, received] = [0, 0]
    for (const { index } of world.hosts) {
      sent += world.streams.counters.sent(index)
      received += world.streams.counters.received(index)
    }
    if (received > sent) this.#accuse(this.name, `${received} bytes were received, and ${sent} sent`)
  }
}
