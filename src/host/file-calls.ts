import type { Stats, StatsFs } from 'node:fs'
import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
  writeFile,
} from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'

/** What is told of a file. */
export type FoundFile = Pick<
  Stats,
  'isFile' | 'isDirectory' | 'isSymbolicLink' | 'size' | 'blocks' | 'dev' | 'ino' | 'nlink' | 'mtimeMs'
>

/** An open file, a `FileHandle` as far as it is used. Reads and writes may be short. */
export interface OpenFile {
  /** For the threads that hash, which read without a turn of the loop. */
  readonly fd: number
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
  writev(views: readonly Uint8Array[], position: number): Promise<{ readonly bytesWritten: number }>
  truncate(length: number): Promise<void>
  stat(): Promise<FoundFile>
  sync(): Promise<void>
  datasync(): Promise<void>
  close(): Promise<void>
}

/**
 * What this room does with files, as `node:fs/promises` has it: the seam where tests hand in a disk that fails, writes short,
 * or loses what was not synced. The threads that hash read past it.
 */
export interface FileCalls {
  open(path: string, flags: string | number, mode?: number): Promise<OpenFile>
  stat(path: string): Promise<FoundFile>
  lstat(path: string): Promise<FoundFile>
  statfs(path: string): Promise<Pick<StatsFs, 'bavail' | 'bsize'>>
  realpath(path: string): Promise<string>
  readdir(path: string): Promise<string[]>
  mkdir(path: string, mode?: number): Promise<unknown>
  rmdir(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  link(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Writes `bytes` under a name of its own (`<path>.<digits>`), syncs that where `durable`, and renames it to `path`. */
  replace(path: string, bytes: Uint8Array, durable: boolean): Promise<void>
}

/**
 * The system's. `write-file-atomic` writes in a single call and takes a short one, as on a full disk, for success; so the bytes
 * are written from its hook, by a call that loops.
 */
export const systemFiles: FileCalls = {
  ...{ open, stat, lstat, statfs, realpath, readdir, mkdir, rmdir, rename, link, unlink },
  replace: (path, bytes, durable) =>
    writeFileAtomic(path, null, {
      mode: 0o600,
      fsync: durable,
      tmpfileCreated: (temporary) => writeFile(temporary, bytes),
    }),
}
