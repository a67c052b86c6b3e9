import { lstat, open, readdir } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { LodestoneError, usageError } from '../core/errors.ts'
import type { ContentHasher } from './content-hasher.ts'
import { storageError } from './storage-error.ts'

export interface ContentFile {
  /** Where it lies. */
  readonly path: string
  /** Its components below the content's root; just the name for a single file. */
  readonly components: readonly string[]
  readonly length: number
}

export interface Content {
  /** Last component of the path that was given. */
  readonly name: string
  readonly single: boolean
  /** In the order of their names' bytes. */
  readonly files: readonly ContentFile[]
  readonly length: number
}

export interface HashOptions {
  /** Bytes hashed so far, bytes in all. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

const CHUNK = 1024 * 1024

/**
 * What lies at `path`: a file, or all files below a folder. Links, sockets and devices are left out. Rejects with a usage error
 * when there is nothing, or a name that is not UTF-8, as a torrent's must be.
 */
export async function listContent(path: string): Promise<Content> {
  const root = resolve(path)
  const name = basename(root)
  const found = await lstat(root).catch((error: NodeJS.ErrnoException) => {
    throw usageError('content/missing', `${path} cannot be read (${error.code ?? error.message}).`)
  })
  if (found.isFile()) {
    const files = [{ path: root, components: [name], length: found.size }]
    return { name, single: true, files, length: found.size }
  }
  if (!found.isDirectory()) throw usageError('content/kind', `${path} is neither a file nor a folder.`)
  const files: ContentFile[] = []
  await walk(root, [], files)
  files.sort((a, b) =>
    Buffer.compare(Buffer.from(a.components.join(sep)), Buffer.from(b.components.join(sep))),
  )
  return { name, single: false, files, length: files.reduce((sum, file) => sum + file.length, 0) }
}

/** Hashes what is asked for by `into`. Throws a storage error when a file becomes shorter meanwhile. */
export async function hashContent(
  content: Content,
  into: ContentHasher,
  options: HashOptions,
): Promise<void> {
  const { onProgress, signal } = options
  const buffer = Buffer.allocUnsafe(CHUNK)
  let done = 0
  for (const file of content.files) {
    const handle = await open(file.path, 'r').catch((error: unknown) => {
      throw storageError(error, file.path)
    })
    into.begin(file.length)
    try {
      for (let at = 0; at < file.length; ) {
        signal?.throwIfAborted()
        const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, file.length - at), at)
        if (bytesRead === 0)
          throw new LodestoneError(
            'storage',
            'content/changed',
            `${file.path} became shorter while it was read.`,
          )
        into.update(buffer.subarray(0, bytesRead))
        at += bytesRead
        done += bytesRead
        onProgress?.(done, content.length)
      }
    } finally {
      await handle.close()
    }
  }
}

async function walk(folder: string, components: readonly string[], files: ContentFile[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(
    (error: unknown) => {
      throw storageError(error, folder)
    },
  )
  for (const entry of entries) {
    if (!entry.isDirectory() && !entry.isFile()) continue
    const name = nameOf(entry.name, folder)
    const path = join(folder, name)
    const below = [...components, name]
    if (entry.isDirectory()) await walk(path, below, files)
    else files.push({ path, components: below, length: await lengthOf(path) })
  }
}

function nameOf(bytes: Buffer, folder: string): string {
  const name = bytes.toString('utf8')
  if (bytes.equals(Buffer.from(name, 'utf8'))) return name
  const shown = bytes.toString('latin1').replace(/[^ -~]/g, (byte) => {
    return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  throw usageError('content/name', `The name "${shown}" in ${folder} is not UTF-8; rename it first.`)
}

async function lengthOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch (error) {
    throw storageError(error, path)
  }
}
