import type { Info } from '../../codec/metainfo.ts'
import { escapeName, type WebUrl } from '../../codec/web-url.ts'

/** A part of the content that lies in one file. */
export interface ContentPart {
  /** In the info dictionary's list. */
  readonly file: number
  /** Within it. */
  readonly begin: number
  readonly end: number
  /** Of the file. */
  readonly length: number
  /** Zeros that no server has. */
  readonly pad: boolean
}

/** The files that bytes `begin` to `end` of the content lie in, in order. */
export function partsOf({ files }: Info, begin: number, end: number): ContentPart[] {
  const parts: ContentPart[] = []
  let low = 0
  let high = files.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    const { offset, length } = files[middle]!
    if (offset + length <= begin) low = middle + 1
    else high = middle
  }
  for (let file = low; file < files.length; file++) {
    const { offset, length, pad } = files[file]!
    if (offset >= end) break
    const from = Math.max(begin, offset)
    const to = Math.min(end, offset + length)
    if (from < to) parts.push({ file, begin: from - offset, end: to - offset, length, pad })
  }
  return parts
}

/** Where a web seed has a file (BEP 19): the URL of a single file may be its own, below that of others come name and path. */
export function fileUrl(seed: WebUrl, { name, files }: Info, file: number): WebUrl {
  const { path, rawPath } = files[file]!
  const isSingle = path.length === 1
  if (isSingle && !seed.path.endsWith('/')) return seed
  const folder = seed.path.endsWith('/') ? seed.path : `${seed.path}/`
  const names = isSingle ? [rawPath] : [name, ...rawPath.split('/')]
  return { ...seed, path: `${folder}${names.map(escapeName).join('/')}` }
}
