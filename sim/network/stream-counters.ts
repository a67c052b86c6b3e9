import type { StreamEnd } from './stream-end.ts'

/** Payload of streams by host, over all lives of its machines, in bytes. */
export class StreamCounters {
  readonly #sent: number[] = []
  readonly #received: number[] = []

  sent(host: number): number {
    return this.#sent[host] ?? 0
  }

  received(host: number): number {
    return this.#received[host] ?? 0
  }

  countSent({ site: { index } }: StreamEnd, bytes: number): void {
    this.#sent[index] = (this.#sent[index] ?? 0) + bytes
  }

  countReceived({ site: { index } }: StreamEnd, bytes: number): void {
    this.#received[index] = (this.#received[index] ?? 0) + bytes
  }
}
