import { setTimeout } from 'node:timers/promises'
import type { OpenFile } from './file-calls.ts'
import { errno } from './network-failure.ts'

/** Refusals for the moment alone (POSIX): the same call may do a little later. */
const PASSING: readonly string[] = ['EINTR', 'EAGAIN', 'EWOULDBLOCK']
/** So many in a row, a millisecond more apart each time (half a second in all), are no longer passing. */
const PATIENCE = 30

/**
 * Bytes that one call writes. A file system takes memory for what a call brings in one piece where it can, and pieces of a mebibyte are
 * what a virtual machine has given back to its host, or has to make room for: pieces of that length took twice the processor time
 * of a whole download and half the rate. Nor do other threads wait as long for their turn at the file. With half or a quarter of it: slower.
 */
const ONE_WRITE = 256 * 1024

/** Fills `into` from `position`; how much there was to read: less only at the end of the file. */
export async function readFully(file: OpenFile, into: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await patiently(() => file.read(into, done, into.length - done, position + done))
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** Writes `views`, one after another, from `position`. */
export async function writeFully(
  file: OpenFile,
  views: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest = views.filter((view) => view.length > 0)
  for (let at = position; rest.length > 0; ) {
    const written = await patiently(async () => {
      const { bytesWritten } = await file.writev(splitViews(rest, ONE_WRITE)[0], at)
      // Told of nothing, we would ask for ever.
      if (bytesWritten === 0) throw Object.assign(new Error('Nothing was written.'), { code: 'EAGAIN' })
      return bytesWritten
    })
    at += written
    rest = splitViews(rest, written)[1]
  }
}

/** `views` cut after `length` bytes. */
export function splitViews(views: readonly Uint8Array[], length: number): [Uint8Array[], Uint8Array[]] {
  const head: Uint8Array[] = []
  const tail: Uint8Array[] = []
  let left = length
  for (const view of views) {
    if (left > 0) head.push(view.subarray(0, left))
    if (left < view.length) tail.push(view.subarray(Math.max(left, 0)))
    left -= view.length
  }
  return [head, tail]
}

async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let refusals = 0; ; refusals++) {
    try {
      return await call()
    } catch (error) {
      if (!PASSING.includes(errno(error)) || refusals === PATIENCE) throw error
      await setTimeout(refusals)
    }
  }
}
