import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { latin1, toLatin1 } from '../core/bytes.ts'
import { LodestoneError } from '../core/errors.ts'
import { type FileCalls, systemFiles } from './file-calls.ts'
import { makeFolder } from './make-folder.ts'
import { errno } from './network-failure.ts'
import { readUpTo } from './read-up-to.ts'
import { stateError } from './storage-error.ts'
import { writeFully } from './whole-transfer.ts'

/** Paths locked by this process, on each disk: its own number in a file does not tell which of its nodes wrote it. */
const ownLocks = new WeakMap<FileCalls, Set<string>>()
let attempts = 0

/** Longer files are no locks. */
const LONGEST = 4096
/** A process that was just killed may take this long to be gone; looked at in steps. */
const PATIENCE_MS = 2_000
const STEP_MS = 50

/**
 * A lock between processes: a file that appears, whole, by a hard link, and holds the number of its process and when that
 * began. One left by a process that is gone (kill -9, power cut) is taken over.
 */
export class LockFile {
  readonly #path: string
  readonly #content: string
  readonly #files: FileCalls
  #released = false

  private constructor(path: string, content: string, files: FileCalls) {
    this.#path = path
    this.#content = content
    this.#files = files
  }

  /** Throws `storage/locked`, naming the process, when another one holds the lock on `what`. */
  static async take(path: string, what: string, files: FileCalls = systemFiles): Promise<LockFile> {
    const own = ownLocksOn(files)
    if (own.has(path)) throw locked(what, process.pid)
    own.add(path)
    try {
      await makeFolder(files, dirname(path), 0o700)
      const content = `${process.pid} ${startOf(process.pid)}\n`
      // Ends: each turn has made or removed a lock that somebody left, or finds one that is held and waits for a while.
      for (let waited = 0; ; ) {
        if (await created(files, path, content)) {
          await sweepAttempts(files, path)
          return new LockFile(path, content, files)
        }
        const found = await contentOf(files, path)
        if (found === undefined) continue
        const holder = livingHolder(found)
        if (holder === undefined) await removeStale(files, path, found)
        else if (waited >= PATIENCE_MS) throw locked(what, holder)
        else {
          waited += STEP_MS
          await setTimeout(STEP_MS)
        }
      }
    } catch (error) {
      own.delete(path)
      throw stateError(error, path)
    }
  }

  /** Throws as `take` does, at once, and takes nothing. What cannot be read holds nobody up who only reads. */
  static async requireFree(path: string, what: string, files: FileCalls = systemFiles): Promise<void> {
    if (ownLocksOn(files).has(path)) throw locked(what, process.pid)
    const found = await contentOf(files, path).catch(() => undefined)
    const holder = found === undefined ? undefined : livingHolder(found)
    if (holder !== undefined) throw locked(what, holder)
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    const found = await contentOf(this.#files, this.#path).catch(() => undefined)
    if (found === this.#content) await this.#files.unlink(this.#path).catch(() => {})
    ownLocksOn(this.#files).delete(this.#path)
  }
}

function ownLocksOn(files: FileCalls): Set<string> {
  let own = ownLocks.get(files)
  if (own === undefined) {
    own = new Set()
    ownLocks.set(files, own)
  }
  return own
}

async function created(files: FileCalls, path: string, content: string): Promise<boolean> {
  const own = `${path}.${process.pid}-${++attempts}`
  let written = false
  try {
    const file = await files.open(own, 'w', 0o600)
    await writeFully(file, [latin1(content)], 0).finally(() => file.close())
    written = true
    await files.link(own, path)
    return true
  } catch (error) {
    // Taken, or the holder has just swept this attempt away: its lock will be found.
    if (written && (errno(error) === 'EEXIST' || errno(error) === 'ENOENT')) return false
    throw error
  } finally {
    await files.unlink(own).catch(absent)
  }
}

/** Moves the lock aside, and back if it has become somebody else's in between. */
async function removeStale(files: FileCalls, path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}-${++attempts}`
  try {
    await files.rename(path, aside)
  } catch (error) {
    if (errno(error) === 'ENOENT') return
    throw error
  }
  const moved = await contentOf(files, aside)
  if (moved !== undefined && moved !== stale) await files.link(aside, path).catch(() => {})
  await files.unlink(aside).catch(absent)
}

/** Removes what attempts left behind that were killed half way. */
async function sweepAttempts(files: FileCalls, path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  for (const name of await files.readdir(dirname(path))) {
    if (!name.startsWith(prefix) || !/^\d+-\d+$/.test(name.slice(prefix.length))) continue
    await files.unlink(join(dirname(path), name)).catch(absent)
  }
}

/** The process that wrote `content`, when it still runs. */
function livingHolder(content: string): number | undefined {
  const match = /^(\d+) (\d+)\n$/.exec(content)
  if (match === null) return undefined
  const pid = Number(match[1])
  // Its own number can only be left from a process that had it before: `ownLocks` knows the rest.
  if (pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (errno(error) !== 'EPERM') return undefined
  }
  return startOf(pid) === match[2] ? pid : undefined
}

/** When process `pid` began, in the system's own units; `ended` when it has, '0' where that is not told. Numbers of processes come again. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie runs no more.
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '0')
  } catch {
    return '0'
  }
}

/** `undefined`: there is none. */
async function contentOf(files: FileCalls, path: string): Promise<string | undefined> {
  const bytes = await readUpTo(files, path, LONGEST).catch(absent)
  return bytes === undefined ? undefined : toLatin1(bytes)
}

function absent(error: unknown): undefined {
  if (errno(error) !== 'ENOENT') throw error
}

function locked(what: string, pid: number): LodestoneError {
  return new LodestoneError(
    'storage',
    'storage/locked',
    `${what} is being downloaded or seeded by process ${pid}: stop it first.`,
  )
}
