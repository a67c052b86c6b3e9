import { nodeCrypto } from '../../src/host/crypto.ts'
import { Extents, type Run } from './extents.ts'
import { inPool } from './pool.ts'

/** Pieces remembered; all are forgotten when more are met. */
const MEMORY = 65_536

const known = new Map<number, SharedPiece[]>()
let count = 0

/**
 * A whole piece that consists of views of the pool alone, one object per process for all that hold it: a thousand disks
 * keep a reference each, and its hash is worked out once (2,000 peers of a 256 MiB torrent would hash 500 GiB else). It is
 * never written to.
 */
export class SharedPiece extends Extents {
  readonly length: number
  #digest: Uint8Array | undefined

  private constructor(runs: readonly Run[], length: number) {
    super(runs)
    this.length = length
  }

  /** What `[0, length)` of `content` is shared as; `undefined` when a byte is missing or is not of the pool. */
  static of(content: Extents, length: number): SharedPiece | undefined {
    if (content instanceof SharedPiece) return content.length === length ? content : undefined
    const { runs } = content
    const mark = fingerprint(runs, length)
    if (mark === undefined) return undefined
    const alike = known.get(mark)
    for (const piece of alike ?? []) if (piece.length === length && same(piece.runs, runs)) return piece
    const piece = new SharedPiece(runs, length)
    if (++count > MEMORY) {
      known.clear()
      count = 1
    }
    known.set(mark, [...(known.get(mark) ?? []), piece])
    return piece
  }

  /** SHA-1; not to be written to. */
  get digest(): Uint8Array {
    this.#digest ??= nodeCrypto.sha1(this.read(0, this.length))
    return this.#digest
  }

  override put(): never {
    throw new Error('a shared piece is not written to')
  }

  override cut(): never {
    throw new Error('a shared piece is not written to')
  }
}

/** Mixes where the views lie; `undefined` unless they fill `[0, length)` and lie in the pool. */
function fingerprint(runs: readonly Run[], length: number): number | undefined {
  let mixed = length
  let at = 0
  for (const { begin, bytes } of runs) {
    if (begin !== at || !inPool(bytes)) return undefined
    at += bytes.length
    mixed = Math.imul(mixed ^ bytes.byteOffset, 0x9e3779b1)
    mixed ^= mixed >>> 15
  }
  return at === length ? mixed : undefined
}

function same(left: readonly Run[], right: readonly Run[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ begin, bytes }, index) => {
      const other = right[index]!
      return (
        other.begin === begin &&
        other.bytes.byteOffset === bytes.byteOffset &&
        other.bytes.length === bytes.length
      )
    })
  )
}
