import type { Micros } from '../../src/core/time.ts'

/** How what one end sends gets to the other. Each end has one, from when the stream is open until the end is gone. */
export interface Carrier {
  /** Nothing that was sent so far comes to the remote after this. */
  readonly lastArrival: Micros
  /** More was flushed, or the machine has closed: sends what may be sent. */
  pump(): void
  /** The machine has taken in `bytes` of what had arrived here. */
  took(bytes: number): void
  /** Nothing more is sent; what is on its way still arrives. */
  drop(): void
}
