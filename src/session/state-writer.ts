import type { Micros } from '../core/time.ts'
import type { Failure, Ports } from './ports.ts'
import type { SavedFiles } from './saved-files.ts'
import type { Tickets } from './tickets.ts'

interface StateWriterInit extends Pick<SavedFiles, 'owned' | 'unreadable'> {
  readonly ports: Pick<Ports, 'state'>
  readonly tickets: Tickets
  /** A file could not be saved; told once of each, and again after it could be. */
  failed(failure: Failure): void
}

/** Writes the state files that are ours. What stands in their place and could not be read is not ours to replace. */
export class StateWriter {
  readonly #init: StateWriterInit
  readonly #failing = new Set<string>()

  constructor(init: StateWriterInit) {
    this.#init = init
  }

  write(now: Micros, name: string, bytes: Uint8Array, done: (now: Micros) => void = () => {}): void {
    const { failed, owned, ports, tickets, unreadable } = this.#init
    if (!owned || unreadable.has(name)) {
      done(now)
      return
    }
    const ticket = tickets.issue((at, _value, failure) => {
      if (failure === undefined) this.#failing.delete(name)
      else if (!this.#failing.has(name)) {
        this.#failing.add(name)
        failed(failure)
      }
      done(at)
    })
    ports.state.replace(ticket, name, bytes)
  }
}
