/**
 * A disk in memory, as POSIX promises it and no better: what was written is seen at once and outlives the process; a power cut keeps what was
 * synced, and of the rest any part, in any order. A file's name is durable once its folder was synced.
 */
import { constants } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Rng } from '../../src/core/rng.ts'
import { below } from '../../src/core/rng.ts'
import type { FileCalls, FoundFile, OpenFile } from '../../src/host/file-calls.ts'

/** A power cut tears writes at these. */
const SECTOR = 512

interface Write {
  readonly at: number
  /** A number: the file was given this length. */
  readonly bytes: Uint8Array | number
}

class Inode {
  readonly ino: number
  readonly entries: Map<string, Inode> | undefined
  bytes = new Uint8Array(0)
  changed = 0
  links = 0
  /** As of the last sync, */
  durable = new Uint8Array(0)
  durableEntries = new Map<string, Inode>()
  /** and what was done since. */
  pending: Write[] = []

  constructor(ino: number, isFolder: boolean) {
    this.ino = ino
    this.entries = isFolder ? new Map() : undefined
  }
}

/** A change of names that is not durable yet: a rename is one, in both folders or in none. */
type NameChange = readonly (readonly [folder: Inode, name: string, target: Inode | undefined])[]

/** What becomes of one life's calls. Each call that changes the disk, or syncs, is asked of twice: before it, and (writes) half way. */
export interface Faults {
  /** The process ends here, as by kill -9: neither this call nor a later one ever returns. `name` is the call's, `path` the file's. */
  dies?(name: string, path: string): boolean
  /** The system's name of the error with which a call fails. */
  fails?(name: string, path: string): string | undefined
  /** Bytes that the disk says it has left. */
  free?(): number
  /** How many bytes of these are read or written. */
  moves?(length: number): number
}

export class ModelDisk {
  readonly #root = new Inode(1, true)
  #inodes = 1
  #clock = 1_000
  #names: NameChange[] = []

  /** What a process sees of the disk; of a process that has died, nothing comes any more. */
  boot(faults: Faults = {}): FileCalls {
    let dead = false
    const never = new Promise<never>(() => {})
    /** A call of `name`; `half`: what is done of it when the process dies within. */
    const call = async <T>(name: string, path: string, act: () => T, half?: () => void): Promise<T> => {
      if (!dead && faults.dies?.(name, path) === true) dead = true
      if (!dead && half !== undefined && faults.dies?.(`half ${name}`, path) === true) {
        half()
        dead = true
      }
      if (dead) return never
      const failure = faults.fails?.(name, path)
      if (failure !== undefined) throw systemError(failure, path)
      return act()
    }
    const share = (length: number): number => Math.max(1, Math.min(length, faults.moves?.(length) ?? length))
    const sync = (inode: Inode, path: string): Promise<void> =>
      call('sync', path, () => this.#sync(inode)).catch((error: unknown) => {
        // As Linux does: what could not be written is given up, and the next sync will not know of it.
        inode.pending = []
        throw error
      })
    const opened = (inode: Inode, path: string): OpenFile => ({
      fd: -1,
      stat: async () => (dead ? never : told(inode)),
      close: async () => (dead ? never : undefined),
      read: (into, offset, length, position) =>
        call('read', path, () => {
          const found = inode.bytes.subarray(position, position + share(length))
          into.set(found, offset)
          return { bytesRead: found.length }
        }),
      writev: (views, position) => {
        const all = Buffer.concat(views)
        const write = (length: number): void =>
          this.#change(inode, { at: position, bytes: all.slice(0, length) })
        return call(
          'write',
          path,
          () => {
            const bytesWritten = share(all.length)
            write(bytesWritten)
            return { bytesWritten }
          },
          () => write(all.length >> 1),
        )
      },
      truncate: (length) => call('truncate', path, () => this.#change(inode, { at: 0, bytes: length })),
      sync: () => sync(inode, path),
      datasync: () => sync(inode, path),
    })
    const files: FileCalls = {
      open: (path, flags) => {
        const { create, exclusive, empty } = modeOf(flags)
        const isThere = this.#find(path) !== undefined
        return call(create && !isThere ? 'create' : 'open', path, () => {
          const found = this.#find(path)
          if (found !== undefined && exclusive) throw systemError('EEXIST', path)
          if (found === undefined && !create) throw systemError('ENOENT', path)
          const inode = found ?? this.#make(path, false)
          if (empty && inode.bytes.length > 0) this.#change(inode, { at: 0, bytes: 0 })
          return opened(inode, path)
        })
      },
      stat: async (path) => (dead ? never : told(this.#get(path))),
      lstat: async (path) => (dead ? never : told(this.#get(path))),
      statfs: async () => ({ bavail: faults.free?.() ?? Number.POSITIVE_INFINITY, bsize: 1 }),
      realpath: async (path) => {
        this.#get(path)
        return dead ? never : path
      },
      readdir: async (path) => (dead ? never : [...(this.#get(path).entries?.keys() ?? [])]),
      mkdir: (path) =>
        call('mkdir', path, () => {
          if (this.#find(path) !== undefined) throw systemError('EEXIST', path)
          this.#make(path, true)
        }),
      rmdir: (path) =>
        call('rmdir', path, () => {
          if (this.#get(path).entries!.size > 0) throw systemError('ENOTEMPTY', path)
          this.#name([[this.#folder(path), basename(path), undefined]])
        }),
      rename: (from, to) =>
        call('rename', from, () => {
          const inode = this.#get(from)
          this.#name([
            [this.#folder(from), basename(from), undefined],
            [this.#folder(to), basename(to), inode],
          ])
        }),
      link: (from, to) =>
        call('link', to, () => {
          if (this.#find(to) !== undefined) throw systemError('EEXIST', to)
          this.#name([[this.#folder(to), basename(to), this.#get(from)]])
        }),
      unlink: (path) =>
        call('unlink', path, () => {
          this.#get(path)
          this.#name([[this.#folder(path), basename(path), undefined]])
        }),
      replace: async (path, bytes, durable) => {
        const temporary = `${path}.${this.#inodes + 1}`
        const file = await files.open(temporary, 'w')
        for (let at = 0; at < bytes.length; ) {
          at += (await file.writev([bytes.subarray(at)], at)).bytesWritten
        }
        if (durable) await file.sync()
        await files.rename(temporary, path)
      },
    }
    return files
  }

  /** The power fails: what no sync covers may be there, or not, or half; `rng` decides. */
  cut(rng: Rng): void {
    for (const change of this.#names) if (below(rng, 2) === 0) apply(change, 'durableEntries')
    this.#names = []
    const seen = new Set<Inode>()
    const reach = (inode: Inode): void => {
      if (seen.has(inode)) return
      seen.add(inode)
      if (inode.entries === undefined) {
        inode.bytes = survivors(rng, inode)
        inode.durable = inode.bytes
        inode.pending = []
        return
      }
      inode.entries.clear()
      for (const [name, child] of inode.durableEntries) {
        inode.entries.set(name, child)
        child.links = seen.has(child) ? child.links + 1 : 1
        reach(child)
      }
    }
    reach(this.#root)
  }

  /** All files, by path. */
  get contents(): ReadonlyMap<string, Uint8Array> {
    const found = new Map<string, Uint8Array>()
    const walk = (folder: Inode, path: string): void => {
      for (const [name, child] of folder.entries!) {
        if (child.entries === undefined) found.set(`${path}/${name}`, child.bytes)
        else walk(child, `${path}/${name}`)
      }
    }
    walk(this.#root, '')
    return found
  }

  /** Somebody else changes a file: its bytes, as if its times told. */
  edit(path: string, edit: (bytes: Uint8Array) => void, isSeen = true): void {
    const inode = this.#get(path)
    inode.bytes = inode.bytes.slice()
    edit(inode.bytes)
    if (isSeen) inode.changed = this.#clock++
  }

  /** Somebody else puts a file there, and the folders above it. */
  put(path: string, bytes: Uint8Array): void {
    const folders = path.split('/').slice(1, -1)
    for (const [depth] of folders.entries()) {
      const folder = `/${folders.slice(0, depth + 1).join('/')}`
      if (this.#find(folder) === undefined) this.#make(folder, true)
    }
    const inode = this.#find(path) ?? this.#make(path, false)
    inode.bytes = bytes.slice()
    inode.changed = this.#clock++
  }

  /** Somebody else puts another file of the same content in its place. */
  exchange(path: string): void {
    const { bytes, changed } = this.#get(path)
    const other = this.#make(path, false)
    other.bytes = bytes.slice()
    other.changed = changed
  }

  #change(inode: Inode, write: Write): void {
    inode.bytes = applied(inode.bytes, write)
    inode.changed = this.#clock++
    inode.pending.push(write)
  }

  #sync(inode: Inode): void {
    if (inode.entries === undefined) {
      inode.durable = inode.bytes.slice()
      inode.pending = []
      return
    }
    for (const change of this.#names) {
      if (change.some(([folder]) => folder === inode)) apply(change, 'durableEntries')
    }
    this.#names = this.#names.filter((change) => !change.some(([folder]) => folder === inode))
  }

  #make(path: string, isFolder: boolean): Inode {
    const inode = new Inode(++this.#inodes, isFolder)
    this.#name([[this.#folder(path), basename(path), inode]])
    return inode
  }

  #name(change: NameChange): void {
    for (const [folder, name, target] of change) {
      const old = folder.entries!.get(name)
      if (old !== undefined) old.links -= 1
      if (target !== undefined) target.links += 1
    }
    apply(change, 'entries')
    this.#names.push(change)
  }

  #folder(path: string): Inode {
    const folder = this.#get(dirname(path))
    if (folder.entries === undefined) throw systemError('ENOTDIR', path)
    return folder
  }

  #get(path: string): Inode {
    const inode = this.#find(path)
    if (inode === undefined) throw systemError('ENOENT', path)
    return inode
  }

  #find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root
    for (const name of path.split('/').slice(1)) {
      if (name === '') continue
      if (inode !== undefined && inode.entries === undefined) throw systemError('ENOTDIR', path)
      inode = inode?.entries?.get(name)
    }
    return inode
  }
}

function apply(change: NameChange, where: 'entries' | 'durableEntries'): void {
  for (const [folder, name, target] of change) {
    if (target === undefined) folder[where]!.delete(name)
    else folder[where]!.set(name, target)
  }
}

function applied(bytes: Uint8Array, { at, bytes: written }: Write): Uint8Array<ArrayBuffer> {
  const end = typeof written === 'number' ? written : Math.max(bytes.length, at + written.length)
  const next = new Uint8Array(end)
  next.set(bytes.subarray(0, end))
  if (typeof written !== 'number') next.set(written, at)
  return next
}

/** The durable bytes with any of the later writes, in any order, some of them torn. */
function survivors(rng: Rng, { durable, pending }: Inode): Uint8Array<ArrayBuffer> {
  let bytes = durable.slice()
  const left = [...pending]
  while (left.length > 0) {
    const [write] = left.splice(below(rng, left.length), 1)
    const fate = below(rng, 3)
    if (fate === 0) continue
    const { at, bytes: written } = write!
    const torn = fate === 1 && typeof written !== 'number'
    bytes = applied(
      bytes,
      torn
        ? { at, bytes: written.subarray(0, SECTOR * below(rng, Math.ceil(written.length / SECTOR))) }
        : write!,
    )
  }
  return bytes
}

function told(inode: Inode): FoundFile {
  const isFolder = inode.entries !== undefined
  return {
    isFile: () => !isFolder,
    isDirectory: () => isFolder,
    isSymbolicLink: () => false,
    size: inode.bytes.length,
    blocks: Math.ceil(inode.bytes.length / SECTOR),
    dev: 1,
    ino: inode.ino,
    nlink: inode.links,
    mtimeMs: inode.changed,
  }
}

function modeOf(flags: string | number): { create: boolean; exclusive: boolean; empty: boolean } {
  if (typeof flags === 'string') {
    return { create: flags.startsWith('w'), exclusive: flags.includes('x'), empty: flags.startsWith('w') }
  }
  return { create: (flags & constants.O_CREAT) !== 0, exclusive: false, empty: false }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
