import { copyBytes, equalBytes, toLatin1 } from '../core/bytes.ts'
import { NO_LEAF, NODE_LENGTH } from '../core/merkle.ts'
import { encodeUtf8 } from '../core/utf8.ts'
import type { EncodableValue } from './bencode.ts'
import { BencodeCursor, type BencodeLimits, TOKEN } from './bencode-cursor.ts'
import {
  checkFileCount,
  DEEPEST_PATH,
  type FileEntry,
  metainfoError,
  placed,
  safeComponents,
  shownPath,
} from './file-list.ts'

/** A file that has bytes, as its tree of hashes stands for it (BEP 52). */
export interface HashedFile {
  /** The root of its tree, 32 bytes. */
  readonly root: Uint8Array
  /** Where its pieces begin. */
  readonly piece: number
  readonly length: number
}

export interface FileTree {
  /**
   * In order, each followed by the padding that brings the next to the beginning of a piece, the last one too: libtorrent asks for what is
   * behind its end. Padding is in no file tree, and counted like that of a file list.
   */
  readonly files: readonly FileEntry[]
  /** It is one file, in no folder. */
  readonly isSingle: boolean
  /** Those that have bytes. */
  readonly hashed: readonly HashedFile[]
}

interface Leaf {
  /** Begin and end of each component in turn. */
  readonly spans: readonly number[]
  readonly length: number
  readonly root: Uint8Array
  readonly symlink: boolean
}

/**
 * Reads the `file tree` at `at` of an info dictionary that has been walked over before (BEP 52). A tree of one file at its root has no
 * folder. Throws remote errors.
 */
export function readFileTree(
  bytes: Uint8Array,
  at: number,
  limits: BencodeLimits,
  { name, pieceLength, portable }: { name: string; pieceLength: number; portable: boolean },
): FileTree {
  const leaves = new FileTreeReader(new BencodeCursor(bytes, at, limits)).read()
  const isSingle = leaves.length === 1 && leaves[0]!.spans.length === 2
  const files: FileEntry[] = []
  const hashed: HashedFile[] = []
  let offset = 0
  const align = (): void => {
    const gap = (pieceLength - (offset % pieceLength)) % pieceLength
    if (gap === 0) return
    const path = [name, '.pad', `${gap}`]
    files.push({ path, length: gap, offset, pad: true, rawPath: `.pad/${gap}`, symlink: false })
    offset += gap
  }
  for (const { spans, length, root, symlink } of leaves) {
    if (length > 0) align()
    const below = safeComponents(bytes, spans, portable)
    const path = isSingle ? below : [name, ...below]
    files.push({ path, length, offset, pad: symlink, rawPath: shownPath(bytes, spans), symlink })
    if (length > 0) hashed.push({ root, piece: offset / pieceLength, length })
    offset += length
    if (!Number.isSafeInteger(offset + pieceLength)) throw tooLong()
  }
  align()
  return { files: placed(files), isSingle, hashed }
}

type Folder = Map<string, Folder | EncodableValue>

/** The file tree of these files; `root`: of those that have bytes. */
export function fileTree(
  files: readonly {
    readonly path: readonly string[]
    readonly length: number
    readonly root?: Uint8Array | undefined
  }[],
): EncodableValue {
  const top: Folder = new Map()
  for (const { path, length, root } of files) {
    let folder = top
    for (const component of path) {
      const key = toLatin1(encodeUtf8(component))
      const below = (folder.get(key) as Folder | undefined) ?? new Map()
      folder.set(key, below)
      folder = below
    }
    folder.set('', { length, 'pieces root': length > 0 ? root : undefined })
  }
  return top as EncodableValue
}

/** Walks the tree without recursion: a dictionary is a folder, or a file when it has an entry of no name. */
class FileTreeReader {
  readonly #cursor: BencodeCursor
  readonly #spans: number[] = []
  /** Entries of each folder that is open, the outermost first. */
  readonly #counts: number[] = [0]
  readonly #leaves: Leaf[] = []

  constructor(cursor: BencodeCursor) {
    this.#cursor = cursor
  }

  read(): readonly Leaf[] {
    const cursor = this.#cursor
    if (cursor.step() !== TOKEN.dict) throw badTree('its file tree is not a dictionary')
    while (this.#counts.length > 0) {
      if (cursor.step() === TOKEN.close) this.#leave()
      else if (cursor.end === cursor.start) this.#leaf()
      else this.#enter()
    }
    if (this.#leaves.length === 0) throw badTree('its file tree has no files')
    return this.#leaves
  }

  #leave(): void {
    this.#counts.pop()
    this.#spans.splice(-2)
  }

  #enter(): void {
    const cursor = this.#cursor
    this.#spans.push(cursor.start, cursor.end)
    if (this.#spans.length > 2 * DEEPEST_PATH) {
      throw metainfoError(
        'metainfo/path-too-deep',
        `A path of the torrent has more than ${DEEPEST_PATH} parts.`,
      )
    }
    if (this.#counts[this.#counts.length - 1] === Number.POSITIVE_INFINITY) throw sibling()
    this.#counts[this.#counts.length - 1]! += 1
    this.#counts.push(0)
    if (cursor.step() !== TOKEN.dict) throw badTree('an entry of its file tree is not a dictionary')
  }

  #leaf(): void {
    const top = this.#counts.length - 1
    if (top === 0) throw badTree('its file tree is itself a file')
    if (this.#counts[top] !== 0) throw sibling()
    this.#counts[top] = Number.POSITIVE_INFINITY
    const cursor = this.#cursor
    if (cursor.step() !== TOKEN.dict) throw badTree('a file of its file tree is not a dictionary')
    let stated: number | undefined
    let root: Uint8Array | undefined
    let symlink = false
    while (cursor.step() === TOKEN.key) {
      if (cursor.is('length')) stated = this.#length()
      else if (cursor.is('pieces root')) root = this.#root()
      else if (cursor.is('attr')) symlink = this.#isLink()
      else cursor.skip()
    }
    const length = symlink && stated === undefined ? 0 : stated
    if (length === undefined) {
      throw metainfoError('metainfo/bad-length', 'A file of the torrent has no valid length.')
    }
    if (length > 0 && (root === undefined || equalBytes(root, NO_LEAF))) {
      throw metainfoError('metainfo/bad-root', 'A file of the torrent has no hash (pieces root).')
    }
    this.#leaves.push({
      spans: [...this.#spans],
      length,
      root: root ?? NO_LEAF,
      symlink: symlink && length === 0,
    })
    checkFileCount(this.#leaves.length)
  }

  /** Exact and not negative, else `undefined`. */
  #length(): number | undefined {
    const cursor = this.#cursor
    const token = cursor.step()
    const { integer } = cursor
    if (token === TOKEN.integer && integer >= 0 && Number.isSafeInteger(integer)) return integer
    cursor.finish(token)
    return undefined
  }

  /** `undefined` when it is none of 32 bytes. */
  #root(): Uint8Array | undefined {
    const cursor = this.#cursor
    const token = cursor.step()
    const { bytes, start, end } = cursor
    if (token === TOKEN.string && end - start === NODE_LENGTH) return copyBytes(bytes, start, end)
    cursor.finish(token)
    return undefined
  }

  #isLink(): boolean {
    const cursor = this.#cursor
    const token = cursor.step()
    if (token === TOKEN.string) return cursor.bytes.subarray(cursor.start, cursor.end).includes(0x6c /* l */)
    cursor.finish(token)
    return false
  }
}

function badTree(what: string): ReturnType<typeof metainfoError> {
  return metainfoError('metainfo/bad-file-tree', `The torrent cannot be used: ${what}.`)
}

function sibling(): ReturnType<typeof metainfoError> {
  return badTree('what is a file in its file tree is a folder too')
}

function tooLong(): ReturnType<typeof metainfoError> {
  return metainfoError('metainfo/bad-length', 'The files of the torrent are longer than 2^53 bytes in all.')
}
