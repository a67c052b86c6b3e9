import type { Micros } from '../core/time.ts'
import { decodeSavedState } from '../dht/entry/saved-state.ts'
import type { Failure } from './ports.ts'
import type { SavedFiles } from './saved-files.ts'
import { decodeSavedItems } from './saved-items.ts'
import type { StateWriter } from './state-writer.ts'

/** How each of the state files is read; `undefined`: it is damaged, or of another program or version. */
const READERS: readonly (readonly [name: string, read: (bytes: Uint8Array) => unknown])[] = [
  ['dht-4.state', decodeSavedState],
  ['dht-6.state', decodeSavedState],
  ['items.state', decodeSavedItems],
]

/**
 * Copies state files that cannot be read to names that are not written to again but by the next such file; what is to be said of each. Files
 * of another process are left to it. `done` is told of each whose copy is there: something sound may take its place.
 */
export function setAsideForeign(
  now: Micros,
  { saved, owned }: SavedFiles,
  writer: StateWriter,
  done: (now: Micros, name: string) => void,
): Failure[] {
  if (!owned) return []
  return READERS.flatMap(([name, read]) => {
    const bytes = saved.get(name)
    if (bytes === undefined || read(bytes) !== undefined) return []
    const aside = `${name}.corrupt`
    writer.write(now, aside, bytes, (at) => done(at, name))
    const message = `The state file ${name} is damaged or of another version: it was set aside as ${aside}, and this node starts without it.`
    return [{ code: 'state/corrupt', message }]
  })
}
