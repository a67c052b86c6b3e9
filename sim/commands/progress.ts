import process from 'node:process'
import { createLogUpdate } from 'log-update'
import { MILLISECOND, type Micros } from '../../src/core/time.ts'
import type { Terminal } from './terminal.ts'

/** Between two lines, in milliseconds of wall time. */
const LINE_INTERVAL = 1_000
/** Between two looks of a line that is drawn in place. */
const DRAW_INTERVAL = 200

/** Where a run stands. */
export interface Standing {
  readonly virtualMs: number
  readonly wallMs: number
  /** So far. */
  readonly events: number
  /** Since the line before. */
  readonly eventsPerSecond: number
  /** Memory of the process, in bytes. */
  readonly rss: number
  /** The scenario's own words. */
  readonly text: string
}

/** Shows where a run stands: drawn in place on a terminal, a line each second elsewhere, `progress` objects with `--json`. */
export class Progress {
  readonly #terminal: Terminal
  readonly #interval: number
  readonly #view: ReturnType<typeof createLogUpdate> | undefined
  #toldAt: number
  #toldEvents = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#toldAt = terminal.at
    const { screen } = terminal
    this.#interval = screen === undefined ? LINE_INTERVAL : DRAW_INTERVAL
    this.#view = screen === undefined ? undefined : createLogUpdate(screen)
  }

  /** To be called as often as convenient; most calls do nothing. */
  tick(now: Micros, events: number, text: string): void {
    const wallMs = this.#terminal.at
    const passed = wallMs - this.#toldAt
    if (passed < this.#interval) return
    const standing: Standing = {
      virtualMs: Math.floor(now / MILLISECOND),
      wallMs,
      events,
      eventsPerSecond: Math.round(((events - this.#toldEvents) * 1_000) / passed),
      rss: process.memoryUsage.rss(),
      text,
    }
    this.#toldAt = wallMs
    this.#toldEvents = events
    this.#terminal.tell('progress', standing)
    const line = progressLine(standing)
    if (this.#view === undefined) this.#terminal.say(line)
    else this.#view(line.slice(0, (this.#terminal.screen?.columns || 80) - 1))
  }

  /** Takes away what is drawn; results may be printed then. */
  end(): void {
    this.#view?.clear()
    this.#view?.done()
  }
}

/** The line for people. */
export function progressLine({ virtualMs, wallMs, eventsPerSecond, rss, text }: Standing): string {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(0)} s`
  const memory = `${(rss / 2 ** 20).toFixed(0)} MiB`
  const rate = eventsPerSecond.toString().replace(/\B(?=(?:\d{3})+$)/g, ',')
  return `${seconds(virtualMs)} of virtual time in ${seconds(wallMs)}, ${rate} events a second, ${memory}: ${text}`
}
