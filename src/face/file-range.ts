import type { Info } from '../codec/metainfo.ts'
import { usageError } from '../core/errors.ts'

/** Throws a usage error for what is no part of any file. */
export function checkRange(file: number, start: number, end: number | undefined): void {
  const numbers = [file, start, end ?? start]
  const isRange = numbers.every((number) => Number.isSafeInteger(number) && number >= 0)
  if (isRange && start <= (end ?? start)) return
  throw usageError('read/bad-range', `Bytes ${start} to ${end ?? 'the end'} of file ${file} are no range.`)
}

/** Where bytes `start` to `end` of a file (default: its end) lie in the content. Throws a usage error when it has no such bytes. */
export function rangeOf(
  info: Info,
  file: number,
  start: number,
  end: number | undefined,
): { readonly begin: number; readonly end: number } {
  const entry = info.files[file]
  if (entry === undefined)
    throw usageError(
      'read/bad-range',
      `${info.name} has ${info.files.length} files: there is no file ${file}.`,
    )
  const { offset, length } = entry
  if (start > length || (end ?? length) > length)
    throw usageError('read/bad-range', `File ${file} of ${info.name} has ${length} bytes.`)
  return { begin: offset + start, end: offset + (end ?? length) }
}
