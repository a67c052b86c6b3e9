import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

const MIB = 1024 * 1024

/**
 * Makes the machine's memory warm: a virtual machine gives freed pages back to its host, and the first touch of a cold one
 * costs ten times what the run would measure. Writes and removes 1.3 times `length` bytes in memory.
 */
export async function warmMemory(length: number): Promise<void> {
  const path = join('/dev/shm', `lodestone-bench-${process.pid}`)
  const chunk = new Uint8Array(16 * MIB).fill(1)
  const file = await open(path, 'w')
  try {
    for (let written = 0; written < 1.3 * length; written += chunk.length) await file.write(chunk)
  } finally {
    await file.close()
    await rm(path)
  }
}

/**
 * Reads a file through, so that a seeder finds it in memory: pages that lie idle are given back to the host as well, and a disk
 * of 5 to 20 MB/s would be what is measured.
 */
export async function warmFile(path: string): Promise<void> {
  const chunk = new Uint8Array(16 * MIB)
  const file = await open(path, 'r')
  try {
    while ((await file.read(chunk, 0, chunk.length)).bytesRead > 0);
  } finally {
    await file.close()
  }
}

/** Ticks of all processors so far, and those that the host took away. */
export interface Ticks {
  readonly total: number
  readonly stolen: number
}

export async function readTicks(): Promise<Ticks> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const fields = first.split(/\s+/).slice(1, 9).map(Number)
  return { total: fields.reduce((sum, ticks) => sum + ticks, 0), stolen: fields[7] ?? 0 }
}

/** Per cent of the processors' time that the host took away between two readings. */
export function stolenBetween(before: Ticks, after: Ticks): number {
  return (100 * (after.stolen - before.stolen)) / Math.max(1, after.total - before.total)
}
