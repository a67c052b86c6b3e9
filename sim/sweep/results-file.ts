import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../src/core/errors.ts'
import { makeFolder } from './folder.ts'
import { type JobRecord, readRecord } from './job-record.ts'
import { storing } from './storing.ts'

/** Lies in a sweep's folder; one record a line. */
const RESULTS = 'results.ndjson'

/**
 * The records of a folder, which a sweep adds to as they come. Whatever ends the sweep, all whole lines count: a line that was
 * being written is cut off when the file is next opened.
 */
export class ResultsFile {
  readonly folder: string
  readonly #path: string
  readonly #append: (path: string, line: string) => void
  /** In the order of the file. */
  readonly records: readonly JobRecord[]

  /** Makes the folder where there is none. Throws a usage error when it cannot be made or written. `append`: for tests. */
  constructor(folder: string, append: (path: string, line: string) => void = appendFileSync) {
    this.folder = folder
    this.#append = append
    this.#path = join(folder, RESULTS)
    makeFolder(folder)
    try {
      cutTornLine(this.#path)
      appendFileSync(this.#path, '')
    } catch {
      throw usageError('sim/no-folder', `The file ${this.#path} cannot be written.`)
    }
    this.records = readResults(folder)
  }

  /** Throws a storage error; all that was added before stays. */
  add(record: JobRecord): void {
    storing(this.#path, () => this.#append(this.#path, `${JSON.stringify(record)}\n`))
  }
}

/** The records of a folder; a last line without an end is left out. Throws a usage error when there are none to read. */
export function readResults(folder: string): JobRecord[] {
  const path = join(folder, RESULTS)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw usageError('sim/no-results', `There are no results of a sweep in ${folder}.`)
  }
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line, index) => {
    const record = readRecord(parsed(line))
    if (record !== undefined) return record
    throw usageError('sim/bad-results', `Line ${index + 1} of ${path} is no record of a sweep.`)
  })
}

/**
 * Puts `records` in the place of a folder's results, whole or not at all. Makes the folder where there is none. Throws a usage
 * error when it cannot be made, and a storage error.
 */
export function writeResults(folder: string, records: readonly JobRecord[]): void {
  const path = join(folder, RESULTS)
  makeFolder(folder)
  storing(path, () => {
    writeFileSync(`${path}.new`, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    renameSync(`${path}.new`, path)
  })
}

function cutTornLine(path: string): void {
  if (!existsSync(path)) return
  const bytes = readFileSync(path)
  const whole = bytes.lastIndexOf(0x0a) + 1
  if (whole < bytes.length) truncateSync(path, whole)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
