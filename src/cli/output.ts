/** Where a command's reports go: to a script, to a terminal, or to a pipe or file. */
import type { Progress } from '../index.ts'
import type { LogLevel } from './common-options.ts'
import { LOG_LEVELS } from './common-options.ts'
import type { CommandEvent, Figures } from './events.ts'

/** What is going on at this moment; the fields are those of `Progress`. */
export interface Status extends Figures {
  /** The torrent's name, or what is known of it. */
  readonly title: string
  readonly phase: Progress['phase'] | 'hashing'
  /** One phrase: what limits it now; empty when there is nothing to say. */
  readonly why: string
  /** That is how it should be. */
  readonly unhindered?: boolean
  /** 0 to 1, of what is on disk already. */
  readonly checked: number
}

export interface Output {
  /** Something happened; `text` is one line for people, absent when they need not know. */
  tell(event: CommandEvent, text?: string): void
  /** A result that was asked for: `lines` are shown at any log level. */
  answer(event: CommandEvent, ...lines: readonly string[]): void
  /** Called a few times a second. */
  status(status: Status): void
  /** To standard error, when the level is on. */
  log(level: LogLevel, text: string): void
  /** No more status: whatever is drawn stays or goes, the cursor comes back. */
  close(): void
}

/** The part of a standard stream that is used. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface OutputInit {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly level: LogLevel
  /** Milliseconds since the start. */
  readonly now: () => number
}

export function isOn(level: LogLevel, limit: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(limit)
}
