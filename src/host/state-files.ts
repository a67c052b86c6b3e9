import { join } from 'node:path'
import { LodestoneError } from '../core/errors.ts'
import type { Failure, StatePort, Ticket } from '../session/ports.ts'
import { replaceFile, sweepTemporary } from './atomic-file.ts'
import { type FileCalls, systemFiles } from './file-calls.ts'
import type { Inbox } from './inbox.ts'
import { LockFile } from './lock-file.ts'
import { errno } from './network-failure.ts'
import { readUpTo, unusable } from './read-up-to.ts'
import { stateError, storageFailure } from './storage-error.ts'

/** Larger files are not state of ours. */
const LONGEST = 32 * 1024 * 1024
/** Lower-case names, perhaps in subfolders; none begins with a dot. */
const NAME = /^[a-z0-9-][a-z0-9.-]*(?:\/[a-z0-9-][a-z0-9.-]*)*$/

/** Small named files below the state folder, which is made at the first write. Without a folder nothing is kept. */
export class StateFiles implements StatePort {
  readonly #inbox: Inbox
  readonly #folder: string | undefined
  readonly #files: FileCalls
  /** The last replacement of each file. */
  readonly #last = new Map<string, Promise<void>>()
  #lock: LockFile | undefined

  constructor(inbox: Inbox, folder: string | undefined, files: FileCalls = systemFiles) {
    this.#inbox = inbox
    this.#folder = folder
    this.#files = files
  }

  claim(ticket: Ticket): void {
    this.#inbox.settle(ticket, this.#claim(), (error) => this.#failure(error, 'lock'))
  }

  read(ticket: Ticket, name: string): void {
    this.#inbox.settle(ticket, this.#read(name), (error) => this.#failure(error, name))
  }

  replace(ticket: Ticket, name: string, bytes: Uint8Array): void {
    this.#inbox.settle(ticket, this.#replace(name, bytes), (error) => this.#failure(error, name))
  }

  /** Gives the folder up. */
  async close(): Promise<void> {
    await this.#lock?.release()
  }

  async #claim(): Promise<boolean> {
    if (this.#folder === undefined) return true
    try {
      this.#lock = await LockFile.take(join(this.#folder, 'lock'), this.#folder, this.#files)
      return true
    } catch (error) {
      if (error instanceof LodestoneError && error.code === 'storage/locked') return false
      throw error
    }
  }

  async #read(name: string): Promise<Uint8Array | undefined> {
    const path = this.#checked(name)
    if (path === undefined) return undefined
    // A run that has nothing to save leaves nothing behind either. What lies in no subfolder another process may be writing.
    if (name.includes('/')) await sweepTemporary(this.#files, path)
    try {
      return await readUpTo(this.#files, path, LONGEST)
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined
      throw error
    }
  }

  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#checked(name)
    if (path === undefined) return
    if (bytes.length > LONGEST) throw unusable(path, 'would be too long')
    // One after another, so that the last one asked for is the one that stays.
    const before = this.#last.get(path) ?? sweepTemporary(this.#files, path)
    const done = before.catch(() => {}).then(() => replaceFile(this.#files, path, bytes, false))
    this.#last.set(path, done)
    await done
  }

  #failure(error: unknown, name: string): Failure {
    const path = this.#folder === undefined ? name : join(this.#folder, name)
    return storageFailure(stateError(error, path), path)
  }

  #checked(name: string): string | undefined {
    if (!NAME.test(name)) {
      throw new LodestoneError('storage', 'storage/unsafe-path', `"${name}" is no name for a state file.`)
    }
    return this.#folder === undefined ? undefined : join(this.#folder, name)
  }
}
