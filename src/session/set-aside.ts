import { decodeSavedState } from '../dht/entry/saved-state.ts'
import type { Failure, Ports } from './ports.ts'
import type { SavedFiles } from './saved-files.ts'
import { decodeSavedItems } from './saved-items.ts'
import type { Tickets } from './tickets.ts'

interface SetAsideInit extends SavedFiles {
  readonly ports: Ports
  readonly tickets: Tickets
}

/** How each of the state files is read; `undefined`: it is damaged, or of another program or version. */
const READERS: readonly (readonly [name: string, read: (bytes: Uint8Array) => unknown])[] = [
  ['dht-4.state', decodeSavedState],
  ['dht-6.state', decodeSavedState],
  ['items.state', decodeSavedItems],
]

/**
 * Copies state files that cannot be read to names that are not written to again but by the next such file; what is to be said of each. Files
 * of another process are left to it.
 */
export function setAsideForeign({ ports, tickets, saved, owned }: SetAsideInit): Failure[] {
  if (!owned) return []
  return READERS.flatMap(([name, read]) => {
    const bytes = saved.get(name)
    if (bytes === undefined || read(bytes) !== undefined) return []
    const aside = `${name}.corrupt`
    ports.state.replace(
      tickets.issue(() => {}),
      aside,
      bytes,
    )
    const message = `The state file ${name} is damaged or of another version: it was set aside as ${aside}, and this node starts without it.`
    return [{ code: 'state/corrupt', message }]
  })
}
