import { styleText } from 'node:util'
import { createLogUpdate } from 'log-update'
import type { LogLevel } from './common-options.ts'
import type { CommandEvent } from './events.ts'
import type { Output, OutputInit, Status, TextStream } from './output.ts'
import { isOn } from './output.ts'
import { clean } from './text.ts'
import type { Paint } from './view.ts'
import { viewLines } from './view.ts'

export interface DisplayInit extends OutputInit {
  readonly colour: boolean
}

/** A terminal: what is going on is drawn in place, what happened scrolls away above it. */
export class Display implements Output {
  readonly #init: DisplayInit
  readonly #view: ReturnType<typeof createLogUpdate>
  readonly #paint: Paint
  #drawn = ''

  constructor(init: DisplayInit) {
    this.#init = init
    this.#view = createLogUpdate(init.stdout as NodeJS.WritableStream)
    this.#paint = init.colour
      ? (style, text) => (text === '' ? '' : styleText(style, text, { validateStream: false }))
      : (_style, text) => text
  }

  tell(_event: CommandEvent, text?: string): void {
    if (text !== undefined && isOn('info', this.#init.level)) this.#above(this.#init.stdout, text)
  }

  /** A result takes the view's place; the next status draws it again, if there is one. */
  answer(_event: CommandEvent, ...lines: readonly string[]): void {
    if (this.#drawn !== '') this.#view.clear()
    this.#drawn = ''
    this.#above(this.#init.stdout, ...lines)
  }

  status(status: Status): void {
    if (!isOn('info', this.#init.level)) return
    this.#drawn = viewLines(status, this.#init.stdout.columns ?? 80, this.#paint).join('\n')
    this.#view(this.#drawn)
  }

  log(level: LogLevel, text: string): void {
    if (isOn(level, this.#init.level)) this.#above(this.#init.stderr, text)
  }

  /** What is drawn stays on the screen. */
  close(): void {
    this.#view.done()
    this.#drawn = ''
  }

  #above(stream: TextStream, ...lines: readonly string[]): void {
    if (this.#drawn !== '') this.#view.clear()
    for (const line of lines) stream.write(`${clean(line)}\n`)
    if (this.#drawn !== '') this.#view(this.#drawn)
  }
}
