import type { LogLevel } from './common-options.ts'
import type { CommandEvent, ProgressEvent } from './events.ts'
import type { Output, OutputInit, Status } from './output.ts'
import { isOn } from './output.ts'
import { clean } from './text.ts'

/** One object a line on standard output and nothing else there. */
export class JsonLines implements Output {
  readonly #init: OutputInit
  #last = ''

  constructor(init: OutputInit) {
    this.#init = init
  }

  tell({ event, ...fields }: CommandEvent): void {
    const line = { event, at: Math.round(this.#init.now()), ...fields }
    this.#init.stdout.write(`${JSON.stringify(line)}\n`)
  }

  answer(event: CommandEvent): void {
    this.tell(event)
  }

  /** A line only when something moved since the last one. */
  status(status: Status): void {
    const { verified, total, down, up, peers, encrypted, utp, punched, uploaded } = status
    const progress: ProgressEvent = {
      event: 'progress',
      verified,
      total,
      down: Math.round(down),
      up: Math.round(up),
      peers,
      encrypted,
      utp,
      punched,
      uploaded,
    }
    const text = JSON.stringify(progress)
    if (text === this.#last) return
    this.#last = text
    this.tell(progress)
  }

  log(level: LogLevel, text: string): void {
    if (isOn(level, this.#init.level)) this.#init.stderr.write(`${clean(text)}\n`)
  }

  close(): void {}
}
