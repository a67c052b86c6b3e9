import type { OpenFile } from './file-calls.ts'
import { readFully, writeFully } from './whole-transfer.ts'

const CHUNK = 1024 * 1024
const ZEROS = Buffer.alloc(CHUNK)
/** `blocks` counts these. */
const BLOCK = 512

/** Copies a whole file; where it has holes, what is zeros in it is a hole of the copy. `check` is called before each mebibyte, and may throw. */
export async function copyFile(from: OpenFile, to: OpenFile, check: () => void): Promise<void> {
  const { size, blocks } = await from.stat()
  const hasHoles = BLOCK * blocks < size
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, size))
  await to.truncate(0)
  for (let at = 0; at < size; at += CHUNK) {
    check()
    const bytes = buffer.subarray(0, await readFully(from, buffer, at))
    // The last one is written in any case, and gives the copy its length.
    const isHole = hasHoles && at + CHUNK < size && bytes.equals(ZEROS.subarray(0, bytes.length))
    if (!isHole) await writeFully(to, [bytes], at)
  }
}

/** Whether two files hold the same bytes. */
export async function isSameContent(one: OpenFile, other: OpenFile, check: () => void): Promise<boolean> {
  const { size } = await one.stat()
  if ((await other.stat()).size !== size) return false
  const [here, there] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)]
  for (let at = 0; at < size; at += CHUNK) {
    check()
    const bytes = here.subarray(0, await readFully(one, here, at))
    if (!bytes.equals(there.subarray(0, await readFully(other, there, at)))) return false
  }
  return true
}
