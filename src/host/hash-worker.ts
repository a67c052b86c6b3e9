/** A thread that hashes pieces from the files, so that a full check leaves the loop with the sockets free; and blocks that it is handed. */
import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { concatBytes } from '../core/bytes.ts'
import { LodestoneError } from '../core/errors.ts'
import type { Failure } from '../session/ports.ts'
import { hashBlocks } from './block-hashes.ts'
import { type OpenFile, systemFiles } from './file-calls.ts'
import { plainBytes } from './plain-bytes.ts'
import { type OpenMode, openInside } from './safe-open.ts'
import { storageFailure } from './storage-error.ts'

/** Where bytes lie: runs of files, or of zeros where `names` is missing. */
export interface FilePlace {
  readonly root: string
  readonly mode: OpenMode
  readonly runs: readonly HashRun[]
}

/** What is to be done: the SHA-1 of it all, or the SHA-256 of each of its blocks. */
export type HashJob =
  | ({ readonly kind: 'whole' | 'blocks' } & FilePlace)
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }

export interface HashRun {
  readonly names: readonly string[] | undefined
  readonly path: string
  readonly position: number
  readonly length: number
}

export interface HashResult {
  readonly id: number
  readonly digest: Uint8Array | undefined
  readonly failure: Failure | undefined
  /** The memory that came with the job. */
  readonly memory: ArrayBuffer | undefined
}

/** A multiple of a block. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
/** Pieces come in the order of the files: one is open at a time. */
let current: { path: string; file: OpenFile } | undefined

async function digestOf(job: HashJob): Promise<Uint8Array> {
  if (job.kind === 'bytes') return hashBlocks('sha256', job.bytes)
  if (job.kind === 'whole') {
    const hash = createHash('sha1')
    await read(job, (bytes) => void hash.update(bytes))
    return plainBytes(hash.digest())
  }
  const leaves: Uint8Array[] = []
  await read(job, (bytes) => void leaves.push(hashBlocks('sha256', bytes)))
  return concatBytes(leaves)
}

/** All bytes in order, a buffer full at a time, the last of a run perhaps less; each is lent. */
async function read(place: FilePlace, take: (bytes: Uint8Array) => void): Promise<void> {
  for (const run of place.runs) {
    const file = run.names === undefined ? undefined : await opened(place, run.names, run.path)
    if (file === undefined) buffer.fill(0)
    for (let done = 0; done < run.length; ) {
      const wanted = Math.min(run.length - done, buffer.length)
      if (file !== undefined) fill(file, run, run.position + done, wanted)
      take(buffer.subarray(0, wanted))
      done += wanted
    }
  }
}

function fill(file: OpenFile, { path }: HashRun, position: number, wanted: number): void {
  for (let at = 0; at < wanted; ) {
    const read = readSync(file.fd, buffer, at, wanted - at, position + at)
    if (read === 0)
      throw new LodestoneError('storage', 'storage/missing', `${path} is shorter than it should be.`)
    at += read
  }
}

async function opened(place: FilePlace, names: readonly string[], path: string): Promise<OpenFile> {
  if (current?.path === path) return current.file
  await close()
  current = { path, file: await openInside(systemFiles, place.root, names, place.mode) }
  return current.file
}

async function close(): Promise<void> {
  const { file } = current ?? {}
  current = undefined
  await file?.close()
}

let last: Promise<void> = Promise.resolve()

/** A job, or nothing: the end. */
parentPort?.on('message', (given: { readonly id: number; readonly job: HashJob } | undefined) => {
  last = last.then(async () => {
    if (given === undefined) {
      await close()
      parentPort?.close()
      return
    }
    const { id, job } = given
    const memory = job.kind === 'bytes' ? job.bytes.buffer : undefined
    let result: HashResult
    try {
      result = { id, digest: await digestOf(job), failure: undefined, memory }
    } catch (error) {
      const root = job.kind === 'bytes' ? 'the store' : job.root
      result = { id, digest: undefined, failure: storageFailure(error, root), memory }
    }
    parentPort?.postMessage(result, memory === undefined ? [] : [memory])
  })
})
