import { toLatin1 } from '../core/bytes.ts'
import { type ErrorCode, type LodestoneError, remoteError } from '../core/errors.ts'
import { decodeUtf8, printable } from '../core/utf8.ts'

import { BencodeCursor, type BencodeLimits, TOKEN } from './bencode-cursor.ts'
import type { Span } from './dict-fields.ts'
import { PathPlan, safeComponent } from './safe-path.ts'

/** One file of a torrent, in the order of the info dictionary. */
export interface FileEntry {
  /** Safe components below the out folder, the torrent's name first; a single file's is `[name]`. */
  readonly path: readonly string[]
  readonly length: number
  /** Where it begins in the content. */
  readonly offset: number
  /** Zeros that align the next file (BEP 47): hashed and served, never written. */
  readonly pad: boolean
  /** As its author named it, without control characters. */
  readonly rawPath: string
  /** A symbolic link (BEP 47), which is never created. */
  readonly symlink: boolean
}

const MOST_FILES = 300_000
const MOST_FOLDERS = 300_000
const DEEPEST_PATH = 100
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
): FileEntry[] {
  const reader = new FileListReader(bytes, at, limits, portable)
  const files: FileEntry[] = []
  let offset = 0
  for (let file = reader.next(); file !== undefined; file = reader.next()) {
    if (files.length === MOST_FILES) {
      throw metainfoError('metainfo/too-many-files', `The torrent has more than ${MOST_FILES} files.`)
    }
    files.push({ ...file, path: [name, ...file.path], offset })
    offset += file.length
    if (!Number.isSafeInteger(offset)) {
      throw metainfoError(
        'metainfo/bad-length',
        'The files of the torrent are longer than 2^53 bytes in all.',
      )
    }
  }
  return placed(files)
}

/** Gives every file that will be written a place of its own. */
function placed(files: readonly FileEntry[]): FileEntry[] {
  const plan = new PathPlan()
  for (const file of files) {
    if (isWritten(file)) plan.addFolders(file.path)
    if (plan.folders > MOST_FOLDERS) {
      throw metainfoError('metainfo/too-many-files', `The torrent has more than ${MOST_FOLDERS} folders.`)
    }
  }
  return files.map((file) => {
    if (!isWritten(file)) return file
    const name = plan.place(file.path)
    if (name === undefined) {
      throw metainfoError('metainfo/same-names', 'Too many files of the torrent have the same name.')
    }
    return name === file.path.at(-1) ? file : { ...file, path: [...file.path.slice(0, -1), name] }
  })
}

function isWritten(file: FileEntry): boolean {
  return !file.pad && !file.symlink
}

class FileListReader {
  readonly #cursor: BencodeCursor
  readonly #portable: boolean

  constructor(bytes: Uint8Array, at: number, limits: BencodeLimits, portable: boolean) {
    this.#cursor = new BencodeCursor(bytes, at, limits)
    this.#portable = portable
    if (this.#cursor.step() !== TOKEN.list) throw badFiles('files is not a list')
  }

  /** The next file, its path still without the torrent's name; `undefined` at the end of the list. */
  next(): Omit<FileEntry, 'offset'> | undefined {
    const cursor = this.#cursor
    const token = cursor.step()
    if (token === TOKEN.close) return undefined
    if (token !== TOKEN.dict) throw badFiles('an entry of files is not a dictionary')
    let length: number | undefined
    let attributes = ''
    let path: Span[] | undefined
    let utf8Path: Span[] | undefined
    while (cursor.step() === TOKEN.key) {
      if (cursor.is('length')) length = this.#length()
      else if (cursor.is('path')) path = this.#path()
      else if (cursor.is('path.utf-8')) utf8Path = this.#path()
      else if (cursor.is('attr')) attributes = this.#attributes()
      else cursor.skip()
    }
    return this.#entry(length, attributes, utf8Path ?? path)
  }

  #entry(
    length: number | undefined,
    attributes: string,
    spans: readonly Span[] | undefined,
  ): Omit<FileEntry, 'offset'> {
    const symlink = attributes.includes('l') && (length ?? 0) === 0
    const size = symlink ? 0 : length
    if (size === undefined)
      throw metainfoError('metainfo/bad-length', 'A file of the torrent has no valid length.')
    if (spans === undefined) {
      if (!attributes.includes('p')) throw badFiles('a file has no valid path')
      return { path: ['.pad', String(size)], length: size, pad: true, rawPath: `.pad/${size}`, symlink }
    }
    const path = spans.map(
      ({ start, end }) => safeComponent(this.#cursor.bytes, start, end, this.#portable) || '_',
    )
    return {
      path,
      length: size,
      pad: attributes.includes('p') || isPadName(path),
      rawPath: this.#raw(spans),
      symlink,
    }
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

  /** Where the components lie; `undefined` when it is not a list of strings, or empty. */
  #path(): Span[] | undefined {
    const cursor = this.#cursor
    let token = cursor.step()
    if (token !== TOKEN.list) {
      cursor.finish(token)
      return undefined
    }
    const spans: Span[] = []
    let valid = true
    while ((token = cursor.step()) !== TOKEN.close && token !== TOKEN.bad) {
      if (token === TOKEN.string) spans.push({ start: cursor.start, end: cursor.end })
      else valid = false
      if (token !== TOKEN.string) cursor.finish(token)
      if (spans.length > DEEPEST_PATH) {
        throw metainfoError(
          'metainfo/path-too-deep',
          `A path of the torrent has more than ${DEEPEST_PATH} parts.`,
        )
      }
    }
    return valid && spans.length > 0 ? spans : undefined
  }

  #raw(spans: readonly Span[]): string {
    const parts = spans.map(({ start, end }) => decodeUtf8(this.#cursor.bytes.subarray(start, end)))
    return printable(parts.join('/'), LONGEST_RAW_PATH)
  }
}

/** Padding of programs that know no `attr`: BitComet's names, and `.pad/<length>`. */
function isPadName(path: readonly string[]): boolean {
  const name = path[path.length - 1]!
  return (
    name.startsWith('_____padding_file_') || (path.length === 2 && path[0] === '.pad' && /^\d+$/.test(name))
  )
}

function badFiles(what: string): LodestoneError {
  return metainfoError('metainfo/bad-files', `The torrent cannot be used: ${what}.`)
}
