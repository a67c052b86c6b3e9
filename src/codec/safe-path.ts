/**
 * Names from strangers made fit for a file system. Nothing that comes out of here can leave the folder that it is put into:
 * no separators, no `.` or `..`, no control characters, at most 240 bytes a component.
 */
import { toLatin1 } from '../core/bytes.ts'
import { decodeUtf8, encodeUtf8 } from '../core/utf8.ts'

/** File systems allow 255; a rename and a suffix of ours must still fit. */
const LONGEST_COMPONENT = 240
/** An extension of at most so many bytes, its dot included, survives the cut. */
const LONGEST_EXTENSION = 10

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g
/** Separators, and what is invisible or reverses text (bidi marks and overrides, zero-width characters, byte order mark). */
const REMOVED = /[/\\\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g
const NOT_ASCII = /[^ -~]/
const DOTS_AND_SPACES = /^[. ]*$/

const WINDOWS_FORBIDDEN = /[<>:"|?*]/g
const WINDOWS_TRAILING = /[. ]+$/
const WINDOWS_RESERVED = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i

/**
 * A safe path component from the name in `[start, end)` of `bytes`; empty when nothing is left of it, or only dots and
 * spaces. Bytes that are not UTF-8 become `_` (so an overlong form never becomes a dot). `portable`: safe on Windows too.
 */
export function safeComponent(bytes: Uint8Array, start: number, end: number, portable: boolean): string {
  const plain = !portable && isPlain(bytes, start, end)
  const name = plain ? toLatin1(bytes, start, end) : clean(bytes.subarray(start, end))
  const safe = portable ? portableName(name) : name
  return DOTS_AND_SPACES.test(safe) ? '' : shortened(safe)
}

/** Printable ASCII without separators: the common case, which nothing changes. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte > 0x7e || byte === 0x2f || byte === 0x5c) return false
  }
  return true
}

function clean(bytes: Uint8Array): string {
  return decodeUtf8(bytes, '_').replace(CONTROL, '_').replace(REMOVED, '')
}

function portableName(name: string): string {
  const trimmed = name.replace(WINDOWS_FORBIDDEN, '_').replace(WINDOWS_TRAILING, '')
  return trimmed.replace(WINDOWS_RESERVED, '_$1')
}

/** Cuts a long name between code points, keeping a short extension. */
function shortened(name: string): string {
  if (name.length <= LONGEST_COMPONENT / 3) return name
  const length = encodeUtf8(name).length
  if (length <= LONGEST_COMPONENT) return name
  const { stem, extension } = splitExtension(name)
  const kept = encodeUtf8(extension).length <= LONGEST_EXTENSION ? extension : ''
  const room = LONGEST_COMPONENT - encodeUtf8(kept).length
  let cut = ''
  let used = 0
  for (const character of kept === '' ? name : stem) {
    used += encodeUtf8(character).length
    if (used > room) break
    cut += character
  }
  return cut + kept
}

function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' }
}

/** A folder of a plan. */
export interface Folder {
  folders: Map<string, Folder> | undefined
  files: Set<string> | undefined
}

/** How often one name may be given before the list is refused. */
const MOST_CLASHES = 500

/**
 * The files of one torrent, so that no two share a place, on file systems that tell case or Unicode forms apart and on those
 * that do not. All folders are made known first, then files placed in order: the outcome depends on the list alone.
 */
export class PathPlan {
  readonly #root: Folder = { folders: undefined, files: undefined }
  #folders = 0

  /** How many folders are known. */
  get folders(): number {
    return this.#folders
  }

  /** Makes known the folders of the file at `path`; the one that it lies in. */
  folderOf(path: readonly string[]): Folder {
    let folder = this.#root
    for (let i = 0; i < path.length - 1; i++) {
      const key = folded(path[i]!)
      folder.folders ??= new Map()
      let next = folder.folders.get(key)
      if (next === undefined) {
        next = { folders: undefined, files: undefined }
        folder.folders.set(key, next)
        this.#folders += 1
      }
      folder = next
    }
    return folder
  }

  /** A name for the file `name` in `folder`: its own, else with `.1`, `.2` before the extension; `undefined` after 500. */
  place(folder: Folder, name: string): string | undefined {
    folder.files ??= new Set()
    for (let clash = 0; clash <= MOST_CLASHES; clash++) {
      const candidate = clash === 0 ? name : numbered(name, clash)
      const key = folded(candidate)
      if (folder.files.has(key) || folder.folders?.has(key)) continue
      folder.files.add(key)
      return candidate
    }
    return undefined
  }
}

function numbered(name: string, number: number): string {
  const { stem, extension } = splitExtension(name)
  return `${stem}.${number}${extension}`
}

/** Equal for names that some file system holds to be equal. */
function folded(name: string): string {
  return NOT_ASCII.test(name) ? name.normalize('NFC').toLowerCase() : name.toLowerCase()
}
