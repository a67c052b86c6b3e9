import type { Inputs, Ports } from '../session/ports.ts'

/** The machine underneath, as the face sees it. */
export interface Host {
  readonly ports: Ports
  /** What the ports' randomness was made from. */
  readonly seed: Uint8Array
  /** Microseconds. */
  now(): number
  attach(inputs: Inputs): void
  close(): Promise<void>
}
