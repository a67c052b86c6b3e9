import type { Info } from '../codec/metainfo.ts'
import { Geometry } from '../core/geometry.ts'
import { type Level, NORMAL, SKIPPED } from '../swarm/level.ts'
import { Padding } from '../swarm/padding.ts'
import type { FileChange, Priority } from './file-change.ts'
import type { Failure } from './ports.ts'

const LEVELS: Readonly<Record<Priority, Level>> = { skip: SKIPPED, low: 1, normal: NORMAL, high: 3 }

/** Which files of a torrent are wanted, and the pieces that they lie in. */
export interface Selection {
  /** By index of the file. */
  readonly priorities: readonly Priority[]
  /** `Level` of each piece: the highest of the files in it. */
  readonly levels: Uint8Array
  /** Bytes of the pieces that are wanted, padding left out. */
  readonly length: number
}

/** Why it cannot be: nothing is selected of a torrent that has something. */
export function emptySelection(info: Info, { levels }: Selection): Failure | undefined {
  if (info.length === 0 || levels.some((level) => level !== SKIPPED)) return undefined
  const message = `None of the ${info.files.length} files of ${info.name} is selected: they are counted from 0.`
  return { code: 'torrent/nothing-selected', message }
}

/** Why it cannot be: files are named that are not there. A range may end beyond the last file. */
export function absentFile({ files, name }: Info, { lenient, ...change }: FileChange): Failure | undefined {
  const absent = lenient ? undefined : change.files.find(({ first }) => first >= files.length)
  if (absent === undefined) return undefined
  const message = `There is no file ${absent.first} in ${name}: it has ${files.length}, counted from 0.`
  return { code: 'torrent/no-such-file', message }
}

/** After these changes, one after another, to `before`; by default all files are wanted alike. */
export function selectionOf(info: Info, changes: readonly FileChange[], before?: Selection): Selection {
  const priorities = [...(before?.priorities ?? info.files.map((): Priority => 'normal'))]
  for (const change of changes) apply(priorities, change)
  const geometry = new Geometry(info.length, info.pieceLength)
  const levels = new Uint8Array(geometry.pieceCount)
  // What lies in padding alone is of use to nobody, but belongs to the whole.
  const takesPads = !priorities.includes('skip')
  for (const [index, file] of info.files.entries()) {
    if (file.length === 0 || (file.pad && !takesPads)) continue
    const level = file.pad ? 1 : LEVELS[priorities[index]!]
    const last = Math.floor((file.offset + file.length - 1) / info.pieceLength)
    for (let piece = Math.floor(file.offset / info.pieceLength); piece <= last; piece++)
      levels[piece] = Math.max(levels[piece]!, level)
  }
  const padding = new Padding(info.files, geometry)
  let length = 0
  for (const [piece, level] of levels.entries()) if (level !== SKIPPED) length += padding.contentOf(piece)
  return { priorities, levels, length }
}

function apply(priorities: Priority[], { files, priority, alone = false }: FileChange): void {
  const before = [...priorities]
  if (alone) priorities.fill('skip')
  for (const { first, last } of files) {
    for (let index = first; index <= last && index < priorities.length; index++)
      priorities[index] = priority ?? (before[index] === 'skip' ? 'normal' : before[index]!)
  }
}
