import { BLOCK_LENGTH, type Geometry } from '../core/geometry.ts'
import { runOf } from './run-length.ts'

/** A piece on its way from the first block to the disk. */
export interface PieceJob {
  readonly piece: number
  /** Long pieces: blocks that each run still lacks. */
  readonly lacking: Uint16Array | undefined
  /** Writes that have not returned. */
  flushing: number
  /** The journal knows that it is being written. */
  recorded: boolean
  /** What is to be written once it does. */
  readonly held: { readonly begin: number; readonly length: number }[]
  full: boolean
  /** Long pieces: the digests of the blocks of runs that are full. */
  readonly landed: Uint8Array | undefined
  /** Blocks that come again, of a piece of which the others are kept. */
  mended: ReadonlySet<number> | undefined
  /** Bytes that wait for the disk. */
  owed: number
}

export function newJob(piece: number, geometry: Geometry, digestLength: number): PieceJob {
  const length = geometry.lengthOf(piece)
  const unit = runOf(length)
  let lacking: Uint16Array | undefined
  let landed: Uint8Array | undefined
  if (length > unit) {
    lacking = new Uint16Array(Math.ceil(length / unit))
    landed = new Uint8Array(digestLength * geometry.blocksOf(piece))
    for (let run = 0; run < lacking.length; run++)
      lacking[run] = Math.ceil(Math.min(unit, length - run * unit) / BLOCK_LENGTH)
  }
  const begun = { flushing: 0, recorded: false, held: [], full: false, mended: undefined, owed: 0 }
  return { piece, lacking, landed, ...begun }
}
