import { MILLISECOND, type Micros } from '../core/time.ts'
import type { Flight } from './flight.ts'

/** What the queue must fall by. */
const FALL: Micros = 9 * MILLISECOND
/** Round trips after a cut of our own whose fall is ours, and that of those who followed. */
const CALM = 4

/**
 * Whether others have cut their windows: a whole round trip has seen less of a queue than a whole one before, and we did nothing for it.
 * Of whole ones the least and the most count, since delays that only vary would seem to fall all the time.
 */
export class QueueFall {
  /** The highest queue of a round trip since the last cut of our own; 0: none yet. */
  peak: Micros = 0
  /** Round trips since then. */
  #rounds = 0
  /** The round trip ends with this transmission, when it has arrived. */
  #endTurn = 0
  #least: Micros = Number.POSITIVE_INFINITY
  #most: Micros = 0

  /** Our window was cut. */
  restart(): void {
    this.peak = 0
    this.#rounds = 0
    this.#begin(0)
  }

  /** Packets wait `queued`; `limited`: the window was what held us back. Whether the queue has fallen. */
  look(queued: Micros, flight: Flight, limited: boolean): boolean {
    if (!limited) {
      // It falls too with what we do not send.
      this.peak = 0
      this.#begin(flight.turns)
    }
    if (queued < this.#least) this.#least = queued
    if (queued > this.#most) this.#most = queued
    if (flight.newestArrived < this.#endTurn) return false
    const most = this.#most
    this.#rounds += 1
    if (this.#rounds > CALM && this.#least > this.peak) this.peak = this.#least
    this.#begin(flight.turns)
    return this.peak - most >= FALL
  }

  #begin(turn: number): void {
    this.#endTurn = turn
    this.#least = Number.POSITIVE_INFINITY
    this.#most = 0
  }
}
