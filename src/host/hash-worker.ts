/** A thread that hashes pieces from the files, so that a full check leaves the loop with the sockets free. */
import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { LodestoneError } from '../core/errors.ts'
import type { Failure } from '../session/ports.ts'
import { type OpenFile, systemFiles } from './file-calls.ts'
import { plainBytes } from './plain-bytes.ts'
import { type OpenMode, openInside } from './safe-open.ts'
import { storageFailure } from './storage-error.ts'

/** A piece: runs of files, or of zeros where `names` is missing. */
export interface HashJob {
  readonly id: number
  readonly root: string
  readonly mode: OpenMode
  readonly runs: readonly HashRun[]
}

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
}

const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
/** Pieces come in the order of the files: one is open at a time. */
let current: { path: string; file: OpenFile } | undefined

async function digestOf(job: HashJob): Promise<Uint8Array> {
  const hash = createHash('sha1')
  for (const run of job.runs) {
    const file = run.names === undefined ? undefined : await opened(job, run.names, run.path)
    if (file === undefined) buffer.fill(0)
    for (let done = 0; done < run.length; ) {
      const wanted = Math.min(run.length - done, buffer.length)
      const read = file === undefined ? wanted : readSync(file.fd, buffer, 0, wanted, run.position + done)
      if (read === 0) {
        throw new LodestoneError('storage', 'storage/missing', `${run.path} is shorter than it should be.`)
      }
      hash.update(buffer.subarray(0, read))
      done += read
    }
  }
  return plainBytes(hash.digest())
}

async function opened(job: HashJob, names: readonly string[], path: string): Promise<OpenFile> {
  if (current?.path === path) return current.file
  await close()
  current = { path, file: await openInside(systemFiles, job.root, names, job.mode) }
  return current.file
}

async function close(): Promise<void> {
  const { file } = current ?? {}
  current = undefined
  await file?.close()
}

let last: Promise<void> = Promise.resolve()

/** A job, or nothing: the end. */
parentPort?.on('message', (job: HashJob | undefined) => {
  last = last.then(async () => {
    if (job === undefined) {
      await close()
      parentPort?.close()
      return
    }
    let result: HashResult
    try {
      result = { id: job.id, digest: await digestOf(job), failure: undefined }
    } catch (error) {
      result = { id: job.id, digest: undefined, failure: storageFailure(error, job.root) }
    }
    parentPort?.postMessage(result)
  })
})
