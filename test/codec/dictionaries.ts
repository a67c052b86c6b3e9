import assert from 'node:assert/strict'
import { type EncodableValue, encode } from '../../src/codec/bencode.ts'
import {
  type FileEntry,
  type Info,
  type Metainfo,
  parseInfo,
  parseMetainfo,
} from '../../src/codec/metainfo.ts'
import { latin1 } from '../../src/core/bytes.ts'
import { LodestoneError } from '../../src/core/errors.ts'
import { HASHES, sha1, text } from './vectors.ts'

/** SHA-1 of `hello`, as Latin-1. */
export const H: string = text(sha1(latin1('hello')))
/** The canonical info dictionary of the vectors: one file of 5 bytes. */
export const HELLO: Uint8Array = latin1(`d6:lengthi5e4:name5:hello12:piece lengthi16384e6:pieces20:${H}e`)

export const info = (bytes: Uint8Array): Info => parseInfo(bytes, HASHES)
export const metainfo = (bytes: Uint8Array): Metainfo => parseMetainfo(bytes, HASHES)

/** An info dictionary of one file of 5 bytes, with some fields replaced, or left out by `undefined`. */
export function single(fields: Record<string, EncodableValue | undefined> = {}): Uint8Array {
  return encode({ length: 5, name: 'hello', 'piece length': 16_384, pieces: latin1(H), ...fields })
}

/** An info dictionary of several files; the hashes are as many as their lengths ask for. */
export function multi(
  files: readonly EncodableValue[],
  fields: Record<string, EncodableValue | undefined> = {},
): Uint8Array {
  return single({ length: undefined, name: 't', files, ...fields })
}

/** An entry of `files`. */
export function file(path: string, length = 1, more: Record<string, EncodableValue> = {}): EncodableValue {
  return { length, path: path.split('/'), ...more }
}

export const pathsOf = (found: Info): string[] => found.files.map((entry: FileEntry) => entry.path.join('/'))

/** The code of the remote error that `parse` throws; `none` when it throws none. */
export function codeOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    assert.ok(error instanceof LodestoneError && error.kind === 'remote', String(error))
    return error.code
  }
  return 'none'
}
