/** Which versions an info dictionary is of, and what that asks of it (BEP 52). */
import { BLOCK_LENGTH } from '../core/geometry.ts'
import { treeWidth } from '../core/merkle.ts'
import type { DictFields } from './dict-fields.ts'
import { type FileEntry, metainfoError } from './file-list.ts'
import type { FileTree } from './file-tree.ts'

const LONGEST_PIECE = 536_854_528

/** Whether it is of version 2, alone or besides. */
export function checkVersion(fields: DictFields): boolean {
  const version = fields.integer('meta version')
  if (fields.isInteger('meta version') && (version === undefined || version > 2)) {
    throw metainfoError(
      'metainfo/unsupported-version',
      'The torrent is of a newer version than this program supports.',
    )
  }
  if ((version === 2) === fields.has('file tree')) return version === 2
  throw metainfoError(
    'metainfo/bad-version',
    'The torrent has a file tree and is not of version 2, or is and has none.',
  )
}

export function readPieceLength(fields: DictFields, isV2: boolean): number {
  const pieceLength = fields.integer('piece length')
  if (pieceLength === undefined || pieceLength < 1 || pieceLength > LONGEST_PIECE) {
    throw metainfoError(
      'metainfo/bad-piece-length',
      `The piece length of the torrent is not between 1 and ${LONGEST_PIECE}.`,
    )
  }
  if (!isV2 || (pieceLength >= BLOCK_LENGTH && treeWidth(pieceLength) === pieceLength)) return pieceLength
  throw metainfoError(
    'metainfo/bad-piece-length',
    'The piece length of the torrent is no power of two from 16 KiB on.',
  )
}

/** Both lists of a hybrid torrent must have the same files in the same places (BEP 52, "Upgrade Path"); padding at the end may be missing. `end`: of the last piece. */
export function checkAgreement(files: readonly FileEntry[], tree: FileTree, end: number): void {
  const real = (list: readonly FileEntry[]) => list.filter(({ pad, symlink }) => !pad || symlink)
  const theirs = real(tree.files)
  const ours = real(files)
  const last = tree.files[tree.files.length - 1]!
  const agree = ours.every(({ rawPath, length, offset }, index) => {
    const other = theirs[index]
    return other?.rawPath === rawPath && other.length === length && (length === 0 || other.offset === offset)
  })
  if (agree && ours.length === theirs.length && last.offset + last.length === end) return
  throw metainfoError(
    'metainfo/hybrid-differs',
    'The torrent contradicts itself: its files of version 1 and of version 2 are not the same.',
  )
}
