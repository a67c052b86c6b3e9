import { createHash } from 'node:crypto'
import { lstat, open, readdir } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { LodestoneError, usageError } from '../core/errors.ts'
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

/** SHA-1 of every piece, 20 bytes each. Throws a storage error when a file becomes shorter meanwhile. */
export async function hashContent(
  content: Content,
  pieceLength: number,
  options: HashOptions,
): Promise<Uint8Array> {
  const { onProgress, signal } = options
  const digests = new Uint8Array(20 * Math.ceil(content.length / pieceLength))
  const buffer = Buffer.allocUnsafe(CHUNK)
  let hash = createHash('sha1')
  let inPiece = 0
  let piece = 0
  let done = 0
  for (const file of content.files) {
    const handle = await open(file.path, 'r').catch((error: unknown) => {
      throw storageError(error, file.path)
    })
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
        for (let from = 0; from < bytesRead; ) {
          const length = Math.min(bytesRead - from, pieceLength - inPiece)
          hash.update(buffer.subarray(from, from + length))
          from += length
          inPiece += length
          if (inPiece < pieceLength) continue
          digests.set(hash.digest(), 20 * piece++)
          hash = createHash('sha1')
          inPiece = 0
        }
        at += bytesRead
        done += bytesRead
        onProgress?.(done, content.length)
      }
    } finally {
      await handle.close()
    }
  }
  if (inPiece > 0) digests.set(hash.digest(), 20 * piece)
  return digests
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
