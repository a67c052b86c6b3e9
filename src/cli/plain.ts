import type { LogLevel } from './common-options.ts'
import type { CommandEvent } from './events.ts'
import type { Output, OutputInit, Status } from './output.ts'
import { isOn } from './output.ts'
import { clean } from './text.ts'
import { statusLine } from './view.ts'

/** Milliseconds between two lines of progress within one phase. */
const PACE = 5000

/** Lines without colour or cursor movement, for pipes and files. */
export class Plain implements Output {
  readonly #init: OutputInit
  #said = { phase: '', why: '', at: 0 }

  constructor(init: OutputInit) {
    this.#init = init
  }

  tell(_event: CommandEvent, text?: string): void {
    if (text !== undefined && isOn('info', this.#init.level)) this.#print(text)
  }

  answer(_event: CommandEvent, ...lines: readonly string[]): void {
    for (const line of lines) this.#print(line)
  }

  /** A line when the phase or its hindrance changes, and every few seconds in between. */
  status(status: Status): void {
    const at = this.#init.now()
    const { phase, why } = this.#said
    const news = status.phase !== phase || status.why !== why
    if (!isOn('info', this.#init.level) || (!news && at - this.#said.at < PACE)) return
    this.#said = { phase: status.phase, why: status.why, at }
    this.#print(statusLine(status))
  }

  log(level: LogLevel, text: string): void {
    if (isOn(level, this.#init.level)) this.#init.stderr.write(`${clean(text)}\n`)
  }

  close(): void {}

  #print(text: string): void {
    this.#init.stdout.write(`${clean(text)}\n`)
  }
}
