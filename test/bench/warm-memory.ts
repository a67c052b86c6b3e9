import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const MIB = 1024 * 1024
/** Free beyond what is in use: more than a program takes within two looks. */
const AHEAD = 512 * MIB
/** At a time, so that what is freed is small against what the run does meanwhile. */
const STEP = 64 * MIB

/**
 * Memory that a run will take, touched and held in a file until it is needed. A virtual machine gives freed pages back to its host within
 * two seconds, those first that lie together in great numbers, and the first touch of one that was given back costs ten times what the
 * run would measure: who writes files in large pieces pays that, and who takes page by page does not.
 */
export class WarmMemory {
  readonly #file: FileHandle
  #held: number
  readonly #all: number

  private constructor(file: FileHandle, held: number) {
    this.#file = file
    this.#held = held
    this.#all = held
  }

  /** 1.3 times `length` bytes. */
  static async make(length: number): Promise<WarmMemory> {
    const path = join('/dev/shm', `lodestone-bench-${process.pid}`)
    const file = await open(path, 'w')
    // It lasts as long as it is open.
    await rm(path)
    const chunk = new Uint8Array(16 * MIB).fill(1)
    let written = 0
    for (; written < 1.3 * length; written += chunk.length) await file.write(chunk)
    return new WarmMemory(file, written)
  }

  /** `used` bytes of it have been taken: leaves enough free for what comes next. */
  async free(used: number): Promise<void> {
    const held = Math.max(0, this.#all - used - AHEAD)
    if (held > this.#held - STEP) return
    this.#held = held
    await this.#file.truncate(held)
  }

  end(): Promise<void> {
    return this.#file.close()
  }
}
