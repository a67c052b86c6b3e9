import type { Micros } from '../core/time.ts'
import type { Failure, StatePort } from './ports.ts'
import type { Tickets } from './tickets.ts'

/** What there is of the state folder at the start. */
export interface SavedFiles {
  /** State files by name. */
  readonly saved: ReadonlyMap<string, Uint8Array>
  /** Whether they are ours to write back. */
  readonly owned: boolean
  /** Those that are there and could not be read, by name. */
  readonly unreadable: ReadonlyMap<string, Failure>
  /** Why there is no place for them. */
  readonly unusable: Failure | undefined
}

/** Takes the state folder and reads the files of these names. */
export function readSavedFiles(
  state: StatePort,
  tickets: Tickets,
  names: readonly string[],
  done: (now: Micros, files: SavedFiles) => void,
): void {
  const saved = new Map<string, Uint8Array>()
  const unreadable = new Map<string, Failure>()
  let owned = false
  let unusable: Failure | undefined
  let left = names.length + 1
  const arrived = (now: Micros): void => {
    left -= 1
    if (left === 0) done(now, { saved, owned, unreadable, unusable })
  }
  state.claim(
    tickets.issue((now, value, failure) => {
      owned = value === true
      unusable = failure
      arrived(now)
    }),
  )
  for (const name of names) {
    const ticket = tickets.issue((now, value, failure) => {
      if (value instanceof Uint8Array) saved.set(name, value)
      if (failure !== undefined) unreadable.set(name, failure)
      arrived(now)
    })
    state.read(ticket, name)
  }
}
