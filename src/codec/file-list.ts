import { toLatin1 } from '../core/bytes.ts'
import { type ErrorCode, type LodestoneError, remoteError } from '../core/errors.ts'
import { decodeUtf8, printable } from '../core/utf8.ts'

import { BencodeCursor, type BencodeLimits, TOKEN } from './bencode-cursor.ts'
import { PathPlan, safeComponent } from './safe-path.ts'

/** One file of a torrent, in the order of the info dictionary. */
export interface FileEntry {
  /** Safe components below the out folder, the torrent's name first; a single file's is `[name]`. */
  readonly path: readonly string[]
  readonly length: number
  /** Where it begins in the content. */
  readonly offset: number
  /** Never written: zeros that align the next file (BEP 47), hashed and served; or a symbolic link. */
  readonly pad: boolean
  /** As its author named it, without control characters. */
  readonly rawPath: string
  /** A symbolic link (BEP 47), which is never created. */
  readonly symlink: boolean
}

const MOST_FILES = 300_000
const MOST_FOLDERS = 300_000
/** Components of a path. */
export const DEEPEST_PATH = 100
const LONGEST_RAW_PATH = 1_024
const MOST_ATTRIBUTES = 32

/** The error that a malformed metainfo ends in. */
export function metainfoError(code: ErrorCode, message: string): LodestoneError {
  return remoteError(code, message, { section: 'BEP 3' })
}

/**
 * Reads the `files` list at `at` of an info dictionary that has been walked over before. It goes by the cursor, since the
 * package takes a second for 300,000 files. Throws remote errors.
 */
export function readFileList(
  bytes: Uint8Array,
  at: number,
  limits: BencodeLimits,
  name: string,
  portable: boolean,
): readonly FileEntry[] {
  const reader = new FileListReader(new BencodeCursor(bytes, at, limits), name, portable)
  const files: FileEntry[] = []
  for (let file = reader.next(); file !== undefined; file = reader.next()) {
    files.push(file)
    checkFileCount(files.length)
  }
  return placed(files)
}

/** Throws a remote error when `count` files are too many. */
export function checkFileCount(count: number): void {
  if (count <= MOST_FILES) return
  throw metainfoError('metainfo/too-many-files', `The torrent has more than ${MOST_FILES} files.`)
}

/** Gives every file that will be written a place of its own. */
export function placed(files: readonly FileEntry[]): readonly FileEntry[] {
  const plan = new PathPlan()
  const folders = files.map((file) => {
    if (plan.folders > MOST_FOLDERS) {
      throw metainfoError('metainfo/too-many-files', `The torrent has more than ${MOST_FOLDERS} folders.`)
    }
    return file.pad ? undefined : plan.folderOf(file.path)
  })
  return files.map((file, index) => {
    const folder = folders[index]
    if (folder === undefined) return file
    const own = file.path[file.path.length - 1]!
    const name = plan.place(folder, own)
    if (name === undefined) {
      throw metainfoError('metainfo/same-names', 'Too many files of the torrent have the same name.')
    }
    return name === own ? file : { ...file, path: [...file.path.slice(0, -1), name] }
  })
}

class FileListReader {
  readonly #cursor: BencodeCursor
  readonly #name: string
  readonly #portable: boolean
  #offset = 0

  constructor(cursor: BencodeCursor, name: string, portable: boolean) {
    this.#cursor = cursor
    this.#name = name
    this.#portable = portable
    if (cursor.step() !== TOKEN.list) throw badFiles('files is not a list')
  }

  /** The next file, named as it is; `undefined` at the end of the list. */
  next(): FileEntry | undefined {
    const cursor = this.#cursor
    const token = cursor.step()
    if (token === TOKEN.close) return undefined
    if (token !== TOKEN.dict) throw badFiles('an entry of files is not a dictionary')
    let length: number | undefined
    let attributes = ''
    let spans: number[] | undefined
    let utf8Spans: number[] | undefined
    while (cursor.step() === TOKEN.key) {
      if (cursor.is('length')) length = this.#length()
      else if (cursor.is('path')) spans = this.#path()
      else if (cursor.is('path.utf-8')) utf8Spans = this.#path()
      else if (cursor.is('attr')) attributes = this.#attributes()
      else cursor.skip()
    }
    return this.#entry(length, attributes, utf8Spans ?? spans)
  }

  #entry(stated: number | undefined, attributes: string, spans: readonly number[] | undefined): FileEntry {
    const symlink = attributes.includes('l') && (stated ?? 0) === 0
    const length = symlink ? 0 : stated
    if (length === undefined) {
      throw metainfoError('metainfo/bad-length', 'A file of the torrent has no valid length.')
    }
    const attributePad = attributes.includes('p')
    if (spans === undefined && !attributePad) throw badFiles('a file has no valid path')
    const path = spans === undefined ? [this.#name, '.pad', `${length}`] : this.#safePath(spans)
    // A link has no bytes and no place: a file or folder of the same name may stand there.
    const pad = attributePad || symlink || isPadPath(path)
    const rawPath = spans === undefined ? `.pad/${length}` : this.#rawPath(spans)
    const offset = this.#offset
    this.#offset += length
    if (!Number.isSafeInteger(this.#offset)) {
      throw metainfoError(
        'metainfo/bad-length',
        'The files of the torrent are longer than 2^53 bytes in all.',
      )
    }
    return { path, length, offset, pad, rawPath, symlink }
  }

  /** Exact and not negative, else `undefined`. */
  #length(): number | undefined {
    const token = this.#cursor.step()
    const { integer } = this.#cursor
    if (token === TOKEN.integer && integer >= 0 && Number.isSafeInteger(integer)) return integer
    this.#cursor.finish(token)
    return undefined
  }

  #attributes(): string {
    const token = this.#cursor.step()
    if (token === TOKEN.string) {
      const { bytes, start, end } = this.#cursor
      return toLatin1(bytes, start, Math.min(end, start + MOST_ATTRIBUTES))
    }
    this.#cursor.finish(token)
    return ''
  }

  /** Begin and end of each component in turn; `undefined` when it is not a list of strings, or empty. */
  #path(): number[] | undefined {
    const cursor = this.#cursor
    let token = cursor.step()
    if (token !== TOKEN.list) {
      cursor.finish(token)
      return undefined
    }
    const spans: number[] = []
    let valid = true
    while ((token = cursor.step()) !== TOKEN.close && token !== TOKEN.bad) {
      if (token === TOKEN.string) spans.push(cursor.start, cursor.end)
      else {
        valid = false
        cursor.finish(token)
      }
      if (spans.length > 2 * DEEPEST_PATH) {
        throw metainfoError(
          'metainfo/path-too-deep',
          `A path of the torrent has more than ${DEEPEST_PATH} parts.`,
        )
      }
    }
    return valid && spans.length > 0 ? spans : undefined
  }

  #safePath(spans: readonly number[]): string[] {
    return [this.#name, ...safeComponents(this.#cursor.bytes, spans, this.#portable)]
  }

  #rawPath(spans: readonly number[]): string {
    return shownPath(this.#cursor.bytes, spans)
  }
}

/** `spans`: begin and end of each component in turn. */
export function safeComponents(bytes: Uint8Array, spans: readonly number[], portable: boolean): string[] {
  const path: string[] = []
  for (let i = 0; i < spans.length; i += 2)
    path.push(safeComponent(bytes, spans[i]!, spans[i + 1]!, portable) || '_')
  return path
}

/** As its author named it, for a person. */
export function shownPath(bytes: Uint8Array, spans: readonly number[]): string {
  let text = ''
  for (let i = 0; i < spans.length; i += 2) {
    if (i > 0) text += '/'
    text += decodeUtf8(bytes.subarray(spans[i]!, spans[i + 1]!))
  }
  return printable(text, LONGEST_RAW_PATH)
}

/** Padding of programs that know no `attr`: BitComet's names, and `.pad/<length>`. */
function isPadPath(path: readonly string[]): boolean {
  const name = path[path.length - 1]!
  if (name.startsWith('_____padding_file_')) return true
  return path.length === 3 && path[1] === '.pad' && /^\d+$/.test(name)
}

function badFiles(what: string): LodestoneError {
  return metainfoError('metainfo/bad-files', `The torrent cannot be used: ${what}.`)
}
