import type { FileRange } from '../codec/file-ranges.ts'
import type { Info } from '../codec/metainfo.ts'
import { Bitfield } from '../core/bitfield.ts'
import { Geometry } from '../core/geometry.ts'
import type { Failure } from './ports.ts'

/** Which files of a torrent are wanted, and the pieces that they lie in. */
export interface Selection {
  /** By index of the file. */
  readonly files: readonly boolean[]
  readonly pieces: Bitfield
  /** Bytes of those pieces. */
  readonly length: number
}

/** Why it cannot be: nothing is selected of a torrent that has something. */
export function emptySelection(info: Info, { length }: Selection): Failure | undefined {
  if (length > 0 || info.length === 0) return undefined
  const message = `None of the ${info.files.length} files of ${info.name} is selected: they are counted from 0.`
  return { code: 'torrent/nothing-selected', message }
}

/** Files by their index in the info dictionary, pads included (BEP 53); no ranges: all. */
export function selectionOf(info: Info, ranges: readonly FileRange[]): Selection {
  const geometry = new Geometry(info.length, info.pieceLength)
  if (ranges.length === 0) {
    const pieces = Bitfield.all(geometry.pieceCount)
    return { files: info.files.map(() => true), pieces, length: info.length }
  }
  const pieces = new Bitfield(geometry.pieceCount)
  const files = info.files.map(() => false)
  for (const { first, last } of ranges)
    for (let index = first; index <= last && index < files.length; index++) files[index] = true
  let length = 0
  for (const [index, file] of info.files.entries()) {
    if (!files[index] || file.pad || file.length === 0) continue
    const last = Math.floor((file.offset + file.length - 1) / info.pieceLength)
    for (let piece = Math.floor(file.offset / info.pieceLength); piece <= last; piece++)
      if (pieces.add(piece)) length += geometry.lengthOf(piece)
  }
  return { files, pieces, length }
}
