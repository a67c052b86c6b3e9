import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import type { StatePort, Ticket } from '../session/ports.ts'
import { replaceFile, sweepTemporary } from './atomic-file.ts'
import type { Inbox } from './inbox.ts'
import { LockFile } from './lock-file.ts'
import { errno } from './network-failure.ts'
import { plainBytes } from './plain-bytes.ts'
import { storageFailure } from './storage-error.ts'

/** Larger files are not state of ours. */
const LONGEST = 32 * 1024 * 1024
/** Lower-case names, perhaps in subfolders; none begins with a dot. */
const NAME = /^[a-z0-9-][a-z0-9.-]*(?:\/[a-z0-9-][a-z0-9.-]*)*$/

/** Small named files below the state folder, which is made at the first write. Without a folder nothing is kept. */
export class StateFiles implements StatePort {
  readonly #inbox: Inbox
  readonly #folder: string | undefined
  /** The last replacement of each file. */
  readonly #last = new Map<string, Promise<void>>()
  #lock: LockFile | undefined

  constructor(inbox: Inbox, folder: string | undefined) {
    this.#inbox = inbox
    this.#folder = folder
  }

  claim(ticket: Ticket): void {
    this.#inbox.settle(ticket, this.#claim(), (error) => storageFailure(error, this.#pathOf('lock')))
  }

  read(ticket: Ticket, name: string): void {
    this.#inbox.settle(ticket, this.#read(name), (error) => storageFailure(error, this.#pathOf(name)))
  }

  replace(ticket: Ticket, name: string, bytes: Uint8Array): void {
    this.#inbox.settle(ticket, this.#replace(name, bytes), (error) =>
      storageFailure(error, this.#pathOf(name)),
    )
  }

  /** Gives the folder up. */
  async close(): Promise<void> {
    await this.#lock?.release()
  }

  async #claim(): Promise<boolean> {
    if (this.#folder === undefined) return true
    try {
      this.#lock = await LockFile.take(join(this.#folder, 'lock'), this.#folder)
      return true
    } catch (error) {
      if (error instanceof LodestoneError && error.code === 'storage/locked') return false
      throw error
    }
  }

  async #read(name: string): Promise<Uint8Array | undefined> {
    const path = this.#checked(name)
    if (path === undefined) return undefined
    try {
      return await readUpTo(path, LONGEST)
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined
      throw error
    }
  }

  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#checked(name)
    if (path === undefined) return
    if (bytes.length > LONGEST) throw tooLong(path)
    // One after another, so that the last one asked for is the one that stays.
    const before = this.#last.get(path) ?? sweepTemporary(path)
    const done = before.catch(() => {}).then(() => replaceFile(path, bytes, false))
    this.#last.set(path, done)
    await done
  }

  #pathOf(name: string): string {
    return this.#folder === undefined ? name : join(this.#folder, name)
  }

  #checked(name: string): string | undefined {
    if (!NAME.test(name)) {
      throw new LodestoneError('storage', 'storage/unsafe-path', `"${name}" is no name for a state file.`)
    }
    return this.#folder === undefined ? undefined : join(this.#folder, name)
  }
}

/** The whole file; throws `storage/io` when it is longer than `limit`. */
export async function readUpTo(path: string, limit: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    if ((await file.stat()).size > limit) throw tooLong(path)
    return plainBytes(await file.readFile())
  } finally {
    await file.close()
  }
}

function tooLong(path: string): LodestoneError {
  return new LodestoneError('storage', 'storage/io', `${path} is too long to be a state file.`)
}
