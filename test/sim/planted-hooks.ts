/** Hooks of Node.js's module loader that change one place of one file as it is loaded, so that a fault can be planted. */
import type { InitializeHook, LoadHook } from 'node:module'

export interface PlantedLine {
  /** How the file's path ends. */
  readonly file: string
  /** A regular expression, found once in the file as it is compiled. */
  readonly find: string
  readonly replacement: string
}

let planted: PlantedLine

export const initialize: InitializeHook<PlantedLine> = (line) => {
  planted = line
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context)
  if (!new URL(url).pathname.endsWith(planted.file)) return loaded
  const source = String(loaded.source)
  const changed = source.replace(new RegExp(planted.find), planted.replacement)
  if (changed === source) throw new Error(`${planted.find} is not in ${planted.file}`)
  return { ...loaded, source: changed }
}
