import { readFile } from 'node:fs/promises'
import { LodestoneError } from '../index.ts'
import type { RawValues, Row } from './option-table.ts'
import { optionName } from './option-table.ts'
import { kindOfPath } from './source.ts'

/**
 * The values of `--config <file>`: a JSON object whose keys are the command's option names. Throws a usage error for a
 * file that cannot be read, is no such object, or has a key that the command does not know.
 */
export async function readConfigFile(
  path: string,
  rows: readonly [key: string, row: Row][],
): Promise<RawValues> {
  const values = parse(path, await read(path))
  const names = rows.map(([key]) => optionName(key)).filter((name) => name !== 'config')
  const unknown = Object.keys(values).find((key) => !names.includes(key))
  if (unknown !== undefined) {
    throw bad(path, `has an unknown option "${unknown}"; this command knows ${names.join(', ')}`)
  }
  return values
}

async function read(path: string): Promise<string> {
  // Opening a FIFO would wait for its other end.
  if ((await kindOfPath(path)) === 'other') throw bad(path, 'is not an ordinary file')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw bad(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`)
  }
}

function parse(path: string, text: string): RawValues {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    throw bad(path, 'is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(path, 'is not a JSON object of options')
  }
  return value as RawValues
}

function bad(path: string, what: string): LodestoneError {
  return new LodestoneError('usage', 'usage/bad-config', `The file ${path} given with --config ${what}.`)
}
