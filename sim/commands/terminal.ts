import { performance } from 'node:perf_hooks'

export interface Streams {
  out(text: string): void
  err(text: string): void
  /** Where lines can be drawn in place, if standard output is such a thing. */
  readonly screen?: NodeJS.WriteStream
}

/** Where a command's words go. With `json`, one object a line on standard output and nothing else there. */
export class Terminal {
  readonly json: boolean
  readonly #streams: Streams
  readonly #begun: number = performance.now()

  constructor(json: boolean, streams: Streams) {
    this.json = json
    this.#streams = streams
  }

  /** For what is drawn in place; not with `json`. */
  get screen(): NodeJS.WriteStream | undefined {
    return this.json ? undefined : this.#streams.screen
  }

  /** Milliseconds since the command began. */
  get at(): number {
    return Math.round(performance.now() - this.#begun)
  }

  say(line: string): void {
    if (!this.json) this.#streams.out(`${line}\n`)
  }

  tell(event: string, fields: object): void {
    if (this.json) this.#streams.out(`${JSON.stringify({ event, at: this.at, ...fields })}\n`)
  }

  complain(line: string): void {
    this.#streams.err(`lodestone-sim: ${line}\n`)
  }
}
